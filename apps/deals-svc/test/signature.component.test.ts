import { randomUUID } from 'node:crypto';
import { dealExists, signatureGate, uploadGate } from '@uw-wizard/shared/contracts/asks';
import { signDeclined, signSent, signSigned, signVoided } from '@uw-wizard/shared/contracts/signing';
import { DomainError } from '@uw-wizard/shared/errors';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptedDeal, createWorld, startDeal, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.stop());

/** The code of a refusal. */
async function refusal(question: Promise<unknown>): Promise<string> {
  const error = await question.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof DomainError) return `${error.kind.status} ${error.kind.code}`;
  throw error ?? new Error('was not refused');
}

const gate = (dealId: string, envelopeId: string = randomUUID(), force = false, tenant = world.tenant) =>
  world.ask(signatureGate, { tenant_id: tenant, deal_id: dealId, envelope_id: envelopeId, force });
const dealOf = async (dealId: string) => (await world.get(`/api/deals/${dealId}`)).body;
const alertsOf = async (dealId: string) => (await world.get(`/api/alerts?deal_id=${dealId}`)).body.data;
const provider = 'mock';

describe('the question whether a deal may be sent for signature', () => {
  test('a yes carries the accepted terms and reserves them; the same envelope gets the same answer', async () => {
    const { dealId, merchantId, offer } = await acceptedDeal(world);
    const envelopeId = randomUUID();
    const first = await gate(dealId, envelopeId);
    expect(first).toMatchObject({ deal_id: dealId, merchant_id: merchantId, terms: { offer, owner_name: null } });
    expect(first.terms_hash).toMatch(/^[0-9a-f]{64}$/);
    await world.post('/api/intake/answer', { deal_id: dealId, answers: { legal_name: 'Other Name LLC' } });
    const { deal_time: _later, ...again } = await gate(dealId, envelopeId);
    const { deal_time: _time, ...before } = first;
    expect(again).toEqual(before);
    expect((await dealOf(dealId)).envelope_id).toBe(envelopeId);
  });

  test('ten questions at once for ten envelopes reserve one of them', async () => {
    const { dealId } = await acceptedDeal(world);
    const replies = await Promise.allSettled(Array.from({ length: 10 }, () => gate(dealId)));
    expect(replies.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refusal(gate(dealId))).toBe('409 envelope-outstanding');
  });

  test('the first reason against it is given, and force overrides the checks only', async () => {
    const { dealId: open } = await startDeal(world);
    expect(await refusal(gate(open, randomUUID(), true))).toBe('409 deal-not-accepted');
    const { dealId } = await acceptedDeal(world, { background: false });
    expect(await refusal(gate(dealId))).toBe('400 background-missing');
    await world.database.query(`UPDATE deals SET background_status = 'FLAGGED' WHERE id = $1`, [dealId]);
    expect(await refusal(gate(dealId))).toBe('400 background-not-ok');
    expect((await gate(dealId, randomUUID(), true)).deal_id).toBe(dealId);
  });

  test('an envelope takes the place of one that is over, before the news of its end has come', async () => {
    const { dealId } = await acceptedDeal(world);
    const [over, next] = [randomUUID(), randomUUID()];
    await gate(dealId, over);
    const question = { tenant_id: world.tenant, deal_id: dealId, envelope_id: next, force: false };
    expect(await refusal(world.ask(signatureGate, { ...question, replaces: randomUUID() }))).toBe(
      '409 envelope-outstanding',
    );
    await world.ask(signatureGate, { ...question, replaces: over });
    expect((await dealOf(dealId)).envelope_id).toBe(next);
    expect(await refusal(gate(dealId, over))).toBe('409 envelope-outstanding');
  });

  test('a deal of another tenant is not found', async () => {
    const { dealId } = await acceptedDeal(world);
    expect(await refusal(gate(dealId, randomUUID(), false, 'other'))).toBe('404 deal-not-found');
  });
});

describe('news of an envelope', () => {
  async function sentDeal() {
    const deal = await acceptedDeal(world);
    const envelopeId = randomUUID();
    const { deal_time: time } = await gate(deal.dealId, envelopeId);
    const about = { dealId: deal.dealId, merchantId: deal.merchantId };
    const sent = world.eventOf(
      signSent,
      { ...about, time: new Date(Date.parse(time) + 1).toISOString() },
      { to: 'j***@example.com', force: false, envelope_id: envelopeId, provider },
    );
    await world.publish(sent);
    return { ...deal, envelopeId, about, sent };
  }

  test('a signature makes the deal signed, once, however often it is delivered', async () => {
    const { dealId, envelopeId, about } = await sentDeal();
    const signed = world.eventOf(signSigned, about, { event_id: 'e-1', envelope_id: envelopeId, provider });
    await Promise.all([world.publish(signed), world.publish(signed), world.publish(signed)]);
    const deal = await dealOf(dealId);
    expect(deal).toMatchObject({ status: 'signed', signed_at: signed.time, signature_sent_at: expect.any(String) });
    const { body } = await world.get(`/api/deals/${dealId}/events`);
    const types = body.data.map(({ type }: { type: string }) => type);
    expect(types.slice(0, 3)).toEqual(['deal.status_changed', 'sign.signed', 'sign.sent']);
    expect(types.filter((type: string) => type === 'sign.signed')).toHaveLength(1);
    expect(await alertsOf(dealId)).toEqual([]);
  });

  test('a signature that arrives before the news of its sending waits for it', async () => {
    const deal = await acceptedDeal(world);
    const about = { dealId: deal.dealId, merchantId: deal.merchantId };
    const envelopeId = randomUUID();
    await gate(deal.dealId, envelopeId);
    const sent = world.eventOf(signSent, about, { to: 'j***@e.com', force: false, envelope_id: envelopeId, provider });
    const signed = world.eventOf(signSigned, about, { event_id: 'e-1', envelope_id: envelopeId, provider });
    const early = world.publish(signed);
    // Its place was looked for, and it was not its turn.
    await eventually(async () => {
      const cursor = `SELECT last_sequence::int AS at FROM inbox_cursor WHERE publisher = 'signing-svc' AND subject = $1`;
      expect(await world.database.query(cursor, [deal.dealId])).toEqual([{ at: 0 }]);
    });
    expect(await world.database.query('SELECT type FROM events WHERE id = $1', [signed.id])).toEqual([]);
    await world.publish(sent);
    await early;
    expect(await dealOf(deal.dealId)).toMatchObject({ status: 'signed', signature_sent_at: sent.time });
  });

  test.each([
    ['declined', signDeclined, { event_id: 'e-2', provider }],
    ['voided', signVoided, { provider, reason: 'sent to the wrong person' }],
  ] as const)(
    'an envelope that is %s leaves the deal accepted, with an alert, and free to be sent anew',
    async (because, contract, data) => {
      const { dealId, envelopeId, about } = await sentDeal();
      const over = world.eventOf(contract, about, { ...data, envelope_id: envelopeId } as never);
      await Promise.all([world.publish(over), world.publish(over)]);
      expect(await dealOf(dealId)).toMatchObject({ status: 'accepted', envelope_id: null });
      expect(await alertsOf(dealId)).toMatchObject([{ severity: 'warning', code: `signature-${because}` }]);
      expect(await refusal(gate(dealId, envelopeId))).toBe('409 envelope-outstanding');
      expect((await gate(dealId)).deal_id).toBe(dealId);
    },
  );

  test('a signature on a deal that was declined meanwhile is kept and raises a critical alert', async () => {
    const { dealId, envelopeId, about } = await sentDeal();
    await world.database.query(`UPDATE deals SET status = 'declined' WHERE id = $1`, [dealId]);
    await world.publish(world.eventOf(signSigned, about, { event_id: 'e-3', envelope_id: envelopeId, provider }));
    expect(await dealOf(dealId)).toMatchObject({ status: 'declined', signed_at: null });
    expect(await alertsOf(dealId)).toMatchObject([{ severity: 'critical', code: 'signature-on-ended-deal' }]);
    const { body } = await world.get(`/api/deals/${dealId}/events?limit=3`);
    expect(body.data.map(({ type }: { type: string }) => type)).toContain('sign.signed');
  });

  test('a signature on a deal that was deleted, or was never here, raises a critical alert', async () => {
    const { dealId, envelopeId, about } = await sentDeal();
    await world.database.query('UPDATE deals SET deleted_at = now() WHERE id = $1', [dealId]);
    await world.publish(world.eventOf(signSigned, about, { event_id: 'e-4', envelope_id: envelopeId, provider }));
    const stranger = randomUUID();
    await world.publish(
      world.eventOf(signSigned, { dealId: stranger }, { event_id: 'e-5', envelope_id: envelopeId, provider }),
    );
    for (const id of [dealId, stranger]) {
      expect(await alertsOf(id)).toMatchObject([{ severity: 'critical', code: 'event-without-deal' }]);
    }
  });

  test('a signature of an envelope that does not hold the terms signs the deal and raises a critical alert', async () => {
    const { dealId, about } = await sentDeal();
    await world.publish(world.eventOf(signSigned, about, { event_id: 'e-6', envelope_id: randomUUID(), provider }));
    expect((await dealOf(dealId)).status).toBe('signed');
    expect(await alertsOf(dealId)).toMatchObject([{ severity: 'critical', code: 'signature-on-other-envelope' }]);
  });

  test('a signature that cannot be read becomes an alert, and what comes after it is taken in', async () => {
    const { dealId, envelopeId, about } = await sentDeal();
    const broken = world.eventOf(signSigned, about, { event_id: 'e-7', envelope_id: 'no-uuid', provider });
    const next = world.eventOf(signSigned, about, { event_id: 'e-8', envelope_id: envelopeId, provider });
    await Promise.all([world.publish(broken), world.publish(next)]);
    await eventually(async () => expect((await dealOf(dealId)).status).toBe('signed'));
    const { body } = await world.get('/api/alerts');
    const about7 = body.data.find(({ message }: { message: string }) => message.includes(broken.id));
    expect(about7).toMatchObject({ severity: 'critical', code: 'event-given-up' });
  });
});

describe('other questions about a deal', () => {
  const upload = (dealId: string, merchantId: string, tenant = world.tenant) =>
    world.ask(uploadGate, { tenant_id: tenant, deal_id: dealId, merchant_id: merchantId });

  test('statements may be uploaded until an offer is accepted, for the deal’s own merchant', async () => {
    const { dealId, merchantId } = await startDeal(world);
    const yes = await upload(dealId, merchantId);
    expect(yes).toMatchObject({ deal_id: dealId, merchant_id: merchantId, status: 'open' });
    expect(yes.legal_name).toContain('Harbor Bakery');
    expect(await refusal(upload(dealId, randomUUID()))).toBe('409 merchant-mismatch');
    expect(await refusal(upload(randomUUID(), merchantId))).toBe('404 deal-not-found');
    expect(await refusal(upload(dealId, merchantId, 'other'))).toBe('404 deal-not-found');
    const accepted = await acceptedDeal(world);
    expect(await refusal(upload(accepted.dealId, accepted.merchantId))).toBe('409 illegal-transition');
  });

  test('whose a deal is, and the newest time of its events, is known at once', async () => {
    const { dealId, merchantId } = await startDeal(world);
    const reply = await world.ask(dealExists, { tenant_id: world.tenant, deal_id: dealId });
    const { body } = await world.get(`/api/deals/${dealId}/events`);
    expect(reply).toEqual({ deal_id: dealId, merchant_id: merchantId, status: 'open', deal_time: body.data[0].time });
    expect(await refusal(world.ask(dealExists, { tenant_id: 'other', deal_id: dealId }))).toBe('404 deal-not-found');
  });
});
