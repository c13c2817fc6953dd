import { randomUUID } from 'node:crypto';
import { documentUploaded, statementAnalyzed } from '@uw-wizard/shared/contracts/documents';
import { offerSchema } from '@uw-wizard/shared/contracts/offer';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptedDeal, createWorld, doneStatements, goodAnalysis, startDeal, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.stop());

/** A deal with three offers on statements that are read. */
async function offeredDeal(more: Record<string, unknown> = {}) {
  const started = await startDeal(world, more);
  world.statements.set(started.dealId, doneStatements());
  const { status, body } = await world.post(`/api/deals/${started.dealId}/offers`);
  expect(status).toBe(200);
  return { ...started, offers: body.offers };
}

const typesOf = async (dealId: string) => {
  const rows = await world.database.query('SELECT type FROM outbox WHERE subject = $1 ORDER BY sequence', [dealId]);
  return rows.map(({ type }) => type);
};

describe('making offers', () => {
  test('a deal with good statements gets three offers, one recommended, and announces them', async () => {
    const { dealId, offers } = await offeredDeal();
    expect(offers).toHaveLength(3);
    for (const offer of offers) {
      offerSchema.parse(offer);
      const paid = offer.payment_amount_cents * (offer.payment_count - 1) + offer.last_payment_amount_cents;
      expect(paid).toBe(offer.payback_amount_cents);
    }
    expect(offers.filter(({ recommended }: { recommended: boolean }) => recommended)).toHaveLength(1);
    const { body: deal } = await world.get(`/api/deals/${dealId}`);
    expect(deal.status).toBe('offer');
    expect(deal.offers).toEqual(offers);
    expect(deal.avg_monthly_revenue_cents).toBe(goodAnalysis.avg_monthly_revenue_cents);
    expect(await typesOf(dealId)).toEqual(['deal.started', 'offer.generated', 'deal.status_changed']);
  });

  test('without statements the deal is blocked and says so, and stays open', async () => {
    const { dealId } = await startDeal(world);
    const { status, body } = await world.post(`/api/deals/${dealId}/offers`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ blocked: true, reason: 'statements-missing' });
    expect(body.reasons).toEqual([
      { code: 'statements-missing', detail: expect.any(String), actual: 0, threshold: expect.any(Number) },
    ]);
    expect((await world.get(`/api/deals/${dealId}`)).body).toMatchObject({ status: 'open', version: 1 });
  });

  test('while the statements are being read the call can be repeated with its key and then succeeds', async () => {
    const { dealId } = await startDeal(world);
    const setId = uuidv7();
    world.statements.set(dealId, { status: 'pending', statement_set_id: setId, deal_time: new Date().toISOString() });
    const key = randomUUID();
    const pending = await world.post(`/api/deals/${dealId}/offers`, undefined, { key });
    expect([pending.status, pending.body.code]).toEqual([503, 'statements-pending']);
    expect(pending.headers.get('retry-after')).toBe('2');
    world.statements.set(dealId, doneStatements({ setId }));
    const done = await world.post(`/api/deals/${dealId}/offers`, undefined, { key });
    expect(done.body.offers).toHaveLength(3);
  });

  test('weak statements block with every failing rule, actual against threshold', async () => {
    const { dealId } = await startDeal(world);
    const analysis = { avg_monthly_revenue_cents: 100_00, nsf_count: 60 };
    world.statements.set(dealId, doneStatements({ analysis }));
    const { body } = await world.post(`/api/deals/${dealId}/offers`);
    expect(body.blocked).toBe(true);
    const codes = body.reasons.map(({ code }: { code: string }) => code);
    expect(codes).toEqual(expect.arrayContaining(['revenue-below-minimum', 'nsf-above-maximum']));
    expect(body.reasons[0]).toMatchObject({ actual: 100_00, threshold: expect.any(Number) });
  });

  test('when the owner of the statements is silent the answer is 503 and nothing changes', async () => {
    const { dealId } = await startDeal(world);
    await world.withoutDocuments(async () => {
      const { status, body, headers } = await world.post(`/api/deals/${dealId}/offers`);
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'owner-unavailable', '1']);
    });
    expect((await world.get(`/api/deals/${dealId}`)).body.version).toBe(1);
  });

  test('new offers take the place of the former, which are kept', async () => {
    const { dealId, offers } = await offeredDeal();
    const again = await world.post(`/api/deals/${dealId}/offers`);
    expect(again.body.offers[0].offer_id).not.toBe(offers[0].offer_id);
    const rows = await world.database.query('SELECT superseded_at FROM offers WHERE deal_id = $1', [dealId]);
    expect(rows).toHaveLength(6);
    expect(rows.filter(({ superseded_at: at }) => at === null)).toHaveLength(3);
    const old = await world.post(`/api/deals/${dealId}/accept`, { offer_id: offers[0].offer_id });
    expect([old.status, old.body.code]).toEqual([409, 'offer-superseded']);
  });

  test('a deal whose offers fell has another version, however they fell, and blocked again it keeps that', async () => {
    const { dealId, merchantId } = await offeredDeal();
    const dealOf = async () => (await world.get(`/api/deals/${dealId}`)).body;
    const { version, statement_set_id: setId } = await dealOf();
    const answers = { industry_naics: '713210' };
    await world.post('/api/intake/answer', { deal_id: dealId, answers });
    for (const _again of [1, 2]) {
      expect((await world.post(`/api/deals/${dealId}/offers`)).body.reason).toBe('restricted-industry');
      expect(await dealOf()).toMatchObject({ version: version + 2, offers: [], statement_set_id: setId });
    }
    await world.post('/api/intake/answer', { deal_id: dealId, answers: { industry_naics: '311811' } });
    await world.post(`/api/deals/${dealId}/offers`);
    expect(await dealOf()).toMatchObject({ version: version + 4, offers: [{}, {}, {}] });
    const news = { statement_set_id: uuidv7(), kind: 'bank_statements' as const, documents: [] };
    for (const _again of [1, 2]) {
      await world.publish(world.eventOf(documentUploaded, { dealId, merchantId }, news));
      expect(await dealOf()).toMatchObject({ version: version + 5, offers: [], status: 'offer' });
    }
    const fallen = await world.post(`/api/deals/${dealId}/accept`, {});
    expect([fallen.status, fallen.body.code]).toEqual([409, 'offer-superseded']);
  });

  test('what the owner of the statements says now counts, even against news of a set with a later id', async () => {
    const about = await startDeal(world);
    const [winner, loser] = [uuidv7(), uuidv7()];
    const data = { statement_set_id: loser, analysis: { ...goodAnalysis, avg_monthly_revenue_cents: 90_000_00 } };
    await world.publish(world.eventOf(statementAnalyzed, about, data));
    world.statements.set(about.dealId, doneStatements({ setId: winner }));
    expect((await world.post(`/api/deals/${about.dealId}/offers`)).body.offers).toHaveLength(3);
    expect((await world.post(`/api/deals/${about.dealId}/accept`, {})).status).toBe(200);
    const { body: deal } = await world.get(`/api/deals/${about.dealId}`);
    expect(deal.avg_monthly_revenue_cents).toBe(goodAnalysis.avg_monthly_revenue_cents);
  });

  test('the same key twice makes one set of offers and gives one answer', async () => {
    const { dealId } = await startDeal(world);
    world.statements.set(dealId, doneStatements());
    const key = randomUUID();
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => world.post(`/api/deals/${dealId}/offers`, undefined, { key })),
    );
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(await world.database.query('SELECT id FROM offers WHERE deal_id = $1', [dealId])).toHaveLength(3);
  });

  test('after an acceptance there are no more offers', async () => {
    const { dealId } = await acceptedDeal(world);
    const { status, body } = await world.post(`/api/deals/${dealId}/offers`);
    expect([status, body.code]).toEqual([409, 'illegal-transition']);
  });
});

describe('accepting an offer', () => {
  test('without a name the recommended one is accepted and its terms are kept', async () => {
    const { dealId, offers } = await offeredDeal();
    const { status, body } = await world.post(`/api/deals/${dealId}/accept`, {});
    const recommended = offers.find(({ recommended }: { recommended: boolean }) => recommended);
    expect(status).toBe(200);
    expect(body).toEqual({ deal_id: dealId, status: 'accepted', offer: recommended });
    const { body: deal } = await world.get(`/api/deals/${dealId}`);
    expect(deal).toMatchObject({
      status: 'accepted',
      accepted_offer: recommended,
      commission_cents: recommended.commission_cents,
      paper_grade: recommended.paper_grade,
    });
    expect((await typesOf(dealId)).slice(-2)).toEqual(['offer.accepted', 'deal.status_changed']);
  });

  test('twenty acceptances of one offer at once are one acceptance with one answer', async () => {
    const { dealId, offers } = await offeredDeal();
    const body = { offer_id: offers[2].offer_id };
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => world.post(`/api/deals/${dealId}/accept`, body)),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect((await typesOf(dealId)).filter((type) => type === 'offer.accepted')).toHaveLength(1);
  });

  test('of two different offers accepted at once one wins and the other is refused', async () => {
    const { dealId, offers } = await offeredDeal();
    const replies = await Promise.all(
      [0, 1].map((at) => world.post(`/api/deals/${dealId}/accept`, { offer_id: offers[at].offer_id })),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(replies.find(({ status }) => status === 409)?.body.code).toBe('illegal-transition');
  });

  test('accepted before, the call without a name gets the same answer, whatever is recommended and whoever is away', async () => {
    const { dealId, offers } = await offeredDeal();
    const other = offers.find(({ recommended }: { recommended: boolean }) => !recommended);
    const first = await world.post(`/api/deals/${dealId}/accept`, { offer_id: other.offer_id });
    await world.withoutDocuments(async () => {
      const again = await world.post(`/api/deals/${dealId}/accept`, {});
      expect(again.text).toBe(first.text);
    });
  });

  test('offers on statements that were replaced cannot be accepted, even before the news has arrived', async () => {
    const { dealId } = await offeredDeal();
    world.statements.set(dealId, doneStatements());
    const replaced = await world.post(`/api/deals/${dealId}/accept`, {});
    expect([replaced.status, replaced.body.code]).toEqual([409, 'offer-superseded']);
    world.statements.set(dealId, {
      status: 'pending',
      statement_set_id: uuidv7(),
      deal_time: new Date().toISOString(),
    });
    const reading = await world.post(`/api/deals/${dealId}/accept`, {});
    expect([reading.status, reading.body.code]).toEqual([409, 'offer-superseded']);
  });

  test('an offer is good until it expires', async () => {
    const { dealId } = await offeredDeal();
    world.time.offsetMs = 60 * 24 * 60 * 60 * 1000;
    try {
      const { status, body } = await world.post(`/api/deals/${dealId}/accept`, {});
      expect([status, body.code]).toEqual([409, 'offer-expired']);
    } finally {
      world.time.offsetMs = 0;
    }
  });

  test('without offers, with an unknown offer, or with a malformed id the call says which', async () => {
    const { dealId } = await startDeal(world);
    const none = await world.post(`/api/deals/${dealId}/accept`, {});
    expect([none.status, none.body.code]).toEqual([409, 'offer-missing']);
    const { dealId: offered } = await offeredDeal();
    const unknown = await world.post(`/api/deals/${offered}/accept`, { offer_id: randomUUID() });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'offer-not-found']);
    const malformed = await world.post(`/api/deals/${offered}/accept`, { offer_id: '7' });
    expect([malformed.status, malformed.body.errors[0].pointer]).toEqual([422, '#/offer_id']);
  });

  test('what happens after an answer of another service is dated later than what that service had seen', async () => {
    const { dealId } = await startDeal(world);
    const ahead = new Date(Date.now() + 60_000).toISOString();
    world.statements.set(dealId, { ...doneStatements(), deal_time: ahead });
    await world.post(`/api/deals/${dealId}/offers`);
    const { body } = await world.get(`/api/deals/${dealId}/events`);
    const made = body.data.find(({ type }: { type: string }) => type === 'offer.generated');
    expect(Date.parse(made.time)).toBeGreaterThan(Date.parse(ahead));
  });
});
