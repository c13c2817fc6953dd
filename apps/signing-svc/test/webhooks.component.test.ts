import { eventually } from '@uw-wizard/testkit/eventually';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFakeProvider } from './fake-provider.ts';
import { docusignKey, type Harness, startHarness } from './harness.ts';
import { base64, docusign, dropboxSign, hex, json } from './webhook-bodies.ts';

let house: Harness;
let desk: Awaited<ReturnType<Harness['replica']>>;

beforeAll(async () => {
  house = await startHarness();
  desk = await house.replica();
});
afterAll(() => house.stop());

const alertsOf = async (tenantId: string, code: string) =>
  (await house.facts('sign.alerted')).filter((fact) => fact.tenantId === tenantId && fact.data.code === code);

describe('DocuSign Connect', () => {
  test('a completed envelope is signed, by its own or by our id, with any of the keys in any of the headers', async () => {
    const { deal, providerId } = await house.sentDeal(desk);
    const body = docusign(providerId, 'envelope-completed', { dealId: deal.dealId });
    const headers = {
      ...json,
      'x-docusign-signature-1': 'of another key',
      'x-docusign-signature-2': base64(body, 'an older key'),
    };
    const answer = await desk.webhook(body, headers);
    expect([answer.status, answer.body]).toEqual([200, { ok: true }]);
    const { id } = { id: (await house.envelopeOf(deal))?.id };
    expect(await house.facts('sign.signed', deal.dealId)).toMatchObject([
      {
        tenantId: 'demo',
        data: { envelope_id: id, provider: 'mock', event_id: `${providerId}:envelope-completed:2026-11-21T10:00:00Z` },
      },
    ]);
    const other = await house.sentDeal(desk);
    const byOurs = docusign(other.id);
    await desk.webhook(byOurs, { ...json, 'x-docusign-signature-1': base64(byOurs) });
    expect((await house.envelopeOf(other.deal))?.state).toBe('signed');
  });

  test.each([
    ['envelope-delivered', 'viewed'],
    ['envelope-declined', 'declined'],
    ['envelope-voided', 'voided'],
    ['envelope-resent', 'sent'],
  ])('%s leaves the envelope %s', async (event, state) => {
    const { deal, providerId } = await house.sentDeal(desk);
    const body = docusign(providerId, event);
    expect((await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) })).status).toBe(200);
    expect((await house.envelopeOf(deal))?.state).toBe(state);
  });

  test('a message that names another deal changes nothing and is a matter for people', async () => {
    const { deal, id, providerId } = await house.sentDeal(desk);
    const body = docusign(providerId, 'envelope-completed', { dealId: uuidv7() });
    const answer = await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
    expect([answer.status, answer.body.ok]).toEqual([200, true]);
    expect((await house.envelopeOf(deal))?.state).toBe('sent');
    const alerts = await alertsOf('demo', 'webhook-disagrees');
    expect(alerts).toMatchObject([
      { subject: deal.dealId, data: { severity: 'critical', message: expect.stringContaining(id) } },
    ]);
  });

  test('an envelope that nobody sent is answered, not matched, and told to the bootstrap tenant once', async () => {
    const before = (await alertsOf('bootstrap', 'webhook-unmatched')).length;
    const body = docusign(uuidv7());
    for (const _ of [1, 2]) {
      const answer = await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
      expect([answer.status, answer.body]).toEqual([200, { ok: true, matched: false }]);
    }
    expect(await alertsOf('bootstrap', 'webhook-unmatched')).toHaveLength(before + 1);
  });

  test('a provider that calls before its own answer to the send is known is recognised by our reference', async () => {
    const early = await startHarness({ providerTimeoutMs: 300 });
    try {
      const company = createFakeProvider();
      Object.assign(company.moods, { send: 'lost', find: 'away' });
      const only = await early.replica({ provider: company.provider });
      const deal = early.addDeal();
      expect((await only.send(deal, 'jane@merchant.example')).status).toBe(502);
      const [providerId] = company.ledger.keys();
      const body = docusign(String(providerId));
      const answer = await only.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
      expect([answer.status, answer.body]).toEqual([200, { ok: true }]);
      expect(await early.envelopeOf(deal)).toMatchObject({ state: 'signed', provider_envelope_id: providerId });
      expect(await early.facts('sign.sent', deal.dealId)).toHaveLength(1);
      expect(await early.facts('sign.signed', deal.dealId)).toHaveLength(1);
    } finally {
      await early.stop();
    }
  });

  test('a signed body that is no JSON is told so', async () => {
    const answer = await desk.webhook('{', { ...json, 'x-docusign-signature-1': base64('{') });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid-json']);
  });

  test('the same event ten times at once, and ten events more, are one signature', async () => {
    const { deal, providerId } = await house.sentDeal(desk);
    const bodies = [
      ...Array.from({ length: 10 }, () => docusign(providerId)),
      ...Array.from({ length: 10 }, (_, n) =>
        docusign(providerId, 'envelope-completed', { at: `2026-11-21T10:00:${10 + n}Z` }),
      ),
    ];
    const answers = await Promise.all(
      bodies.map((body) => desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) })),
    );
    expect(answers.map(({ status, body }) => [status, body])).toEqual(bodies.map(() => [200, { ok: true }]));
    expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1);
  });

  test('a view that arrives after the signature changes nothing', async () => {
    const { deal, providerId } = await house.sentDeal(desk);
    for (const event of ['envelope-completed', 'envelope-delivered']) {
      const body = docusign(providerId, event);
      await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
    }
    expect((await house.envelopeOf(deal))?.state).toBe('signed');
    expect(await house.facts('sign.viewed', deal.dealId)).toEqual([]);
  });

  test('a signature after the recipient declined is kept, and people are told', async () => {
    const { deal, providerId } = await house.sentDeal(desk);
    for (const event of ['envelope-declined', 'envelope-completed']) {
      const body = docusign(providerId, event);
      await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
    }
    expect((await house.envelopeOf(deal))?.state).toBe('signed');
    expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1);
    expect(await house.facts('sign.alerted', deal.dealId)).toMatchObject([
      { data: { severity: 'critical', code: 'signed-after-end' } },
    ]);
  });
});

describe('Dropbox Sign', () => {
  const greeting = 'Hello API Event Received';

  test('a callback is only a hint: the envelope moves once the provider itself says so', async () => {
    const { deal, providerId } = await house.sentDeal(desk);
    const forged = await desk.webhook(dropboxSign(providerId), {});
    expect([forged.status, forged.text, forged.headers.get('content-type')]).toEqual([
      200,
      greeting,
      'text/plain; charset=utf-8',
    ]);
    await eventually(async () =>
      expect(
        await house.db.query('SELECT settled_at IS NOT NULL AS asked FROM webhook_events WHERE deal_id = $1', [
          deal.dealId,
        ]),
      ).toEqual([{ asked: true }]),
    );
    expect((await house.envelopeOf(deal))?.state).toBe('sent');

    await house.db.query(`UPDATE mock_envelopes SET status = 'completed' WHERE id = $1`, [providerId]);
    await desk.webhook(dropboxSign(providerId, 'signature_request_downloadable'), {});
    await eventually(async () => expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1));
  });

  test('a callback that names another deal changes nothing, and the provider is not even asked', async () => {
    const { deal, providerId } = await house.sentDeal(desk);
    await house.db.query(`UPDATE mock_envelopes SET status = 'completed' WHERE id = $1`, [providerId]);
    const answer = await desk.webhook(dropboxSign(providerId, undefined, { dealId: uuidv7() }), {});
    expect([answer.status, answer.text]).toEqual([200, greeting]);
    expect(await house.facts('sign.alerted', deal.dealId)).toMatchObject([{ data: { code: 'webhook-disagrees' } }]);
    expect(await house.db.query('SELECT due_at FROM webhook_events WHERE deal_id = $1', [deal.dealId])).toEqual([
      { due_at: null },
    ]);
  });

  test.each([
    ['an unknown request', () => dropboxSign(uuidv7())],
    ['a request whose id no database keeps', () => dropboxSign('\u0000\ud800')],
    ['a deal that no database keeps', () => dropboxSign(uuidv7(), undefined, { dealId: '\u0000\ud800' })],
    ['an account event', () => dropboxSign(null, 'callback_test')],
  ])('%s gets the text that Dropbox Sign waits for', async (_name, make) => {
    const answer = await desk.webhook(make(), {});
    expect([answer.status, answer.text]).toEqual([200, greeting]);
  });
});

describe('the normalised form', () => {
  const signed = (body: string) => ({ ...json, 'x-dropbox-sign-signature': hex(body) });

  test('a deal is signed, once, whatever the events are called', async () => {
    const { deal } = await house.sentDeal(desk);
    const bodies = Array.from({ length: 10 }, (_, n) =>
      JSON.stringify({ deal_id: deal.dealId, event_id: `event-${n}` }),
    );
    const answers = await Promise.all(bodies.map((body) => desk.webhook(body, signed(body))));
    expect(answers.map(({ body }) => body)).toEqual(bodies.map(() => ({ ok: true })));
    expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1);
  });

  test('the DocuSign key signs it too, and spaces around it do not matter', async () => {
    const { deal } = await house.sentDeal(desk);
    const body = JSON.stringify({ deal_id: deal.dealId, type: 'viewed' });
    const answer = await desk.webhook(`\n ${body}\n`, { ...json, 'x-docusign-signature-1': hex(body, docusignKey) });
    expect([answer.status, answer.body]).toEqual([200, { ok: true }]);
    expect((await house.envelopeOf(deal))?.state).toBe('viewed');
  });

  test('a type that is none of ours is answered and ignored', async () => {
    const { deal } = await house.sentDeal(desk);
    const body = JSON.stringify({ deal_id: deal.dealId, type: 'reminded' });
    expect((await desk.webhook(body, signed(body))).body).toEqual({ ok: true });
    expect((await house.envelopeOf(deal))?.state).toBe('sent');
  });

  test('a body without a deal is refused', async () => {
    const body = JSON.stringify({ event_id: 'x' });
    const answer = await desk.webhook(body, signed(body));
    expect([answer.status, answer.body.code]).toEqual([400, 'deal-missing']);
  });

  test.each([
    ['a deal that nobody knows', async () => uuidv7()],
    ['a deal that was never sent', async () => house.addDeal().dealId],
    ['a deal that is no id', async () => 'deal-7'],
    ['a deal that no database keeps', async () => 'deal\u0000\udfff'],
  ])('%s is not matched, and told to the bootstrap tenant', async (_name, dealId) => {
    const before = (await alertsOf('bootstrap', 'webhook-unmatched')).length;
    const body = JSON.stringify({ deal_id: await dealId() });
    const answer = await desk.webhook(body, signed(body));
    expect([answer.status, answer.body]).toEqual([200, { ok: true, matched: false }]);
    expect(await alertsOf('bootstrap', 'webhook-unmatched')).toHaveLength(before + 1);
  });

  test('one event id for two deals is two events', async () => {
    const deals = [await house.sentDeal(desk), await house.sentDeal(desk, 'other')];
    for (const { deal } of deals) {
      const body = JSON.stringify({ deal_id: deal.dealId, event_id: 'the-same' });
      await desk.webhook(body, signed(body));
      expect(await house.facts('sign.signed', deal.dealId)).toMatchObject([{ tenantId: deal.tenantId }]);
    }
  });

  test('a deal id that two tenants have sent names neither', async () => {
    const mine = await house.sentDeal(desk);
    const theirs = house.addDeal('other', { dealId: mine.deal.dealId });
    await desk.send(theirs, 'jane@merchant.example');
    const body = JSON.stringify({ deal_id: mine.deal.dealId });
    expect((await desk.webhook(body, signed(body))).body).toEqual({ ok: true, matched: false });
    expect(await house.facts('sign.signed', mine.deal.dealId)).toEqual([]);
  });
});
