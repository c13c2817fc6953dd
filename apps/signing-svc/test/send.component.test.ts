import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, person, startHarness } from './harness.ts';

let house: Harness;
let desk: Awaited<ReturnType<Harness['replica']>>;

beforeAll(async () => {
  house = await startHarness();
  desk = await house.replica();
});
afterAll(() => house.stop());

describe('sending an agreement for signature', () => {
  test('an accepted deal is sent once, and says so to the desk and to the timeline', async () => {
    const deal = house.addDeal();
    const answer = await desk.send(deal, 'jane@merchant.example');
    expect(answer.status).toBe(200);
    const envelope = await house.envelopeOf(deal);
    expect(answer.body).toEqual({ ok: true, envelope_id: envelope?.id, provider: 'mock', status: 'sent' });
    expect(await house.ledgerCount(deal)).toBe(1);
    const facts = await house.facts('sign.sent', deal.dealId);
    expect(facts).toMatchObject([
      {
        tenantId: 'demo',
        data: { to: 'j***@merchant.example', force: false, envelope_id: envelope?.id, provider: 'mock' },
      },
    ]);
  });

  test('what the recipient signs at the mock provider becomes a signed envelope with its document', async () => {
    const deal = house.addDeal();
    const sent = await desk.send(deal, 'jane@merchant.example');
    const id = String(sent.body.envelope_id);
    const moved = await desk.call('POST', `/mock/envelopes/${id}/sign`, person('demo'));
    expect([moved.status, moved.body]).toEqual([200, { ok: true, envelope_id: id, status: 'signed' }]);
    await eventually(async () => {
      expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1);
      expect((await house.envelopeOf(deal))?.signed_key).toMatch(
        new RegExp(`^demo/${deal.dealId}/[0-9a-f]{64}\\.pdf$`),
      );
    });
    const shown = await desk.call('GET', `/api/sign/envelopes/${id}`, person('demo'));
    expect(shown.body).toMatchObject({ envelope_id: id, status: 'signed', recipient_email: 'j***@merchant.example' });
    const file = await desk.call('GET', `/api/sign/envelopes/${id}/content`, person('demo'));
    expect(file.headers.get('content-type')).toBe('application/pdf');
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="signed-agreement-${id}.pdf"`);
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    expect(file.text.startsWith('%PDF-')).toBe(true);
  });
});
