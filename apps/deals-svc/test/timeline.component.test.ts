import { randomUUID } from 'node:crypto';
import { documentRejected, documentUploaded, statementAnalyzed } from '@uw-wizard/shared/contracts/documents';
import { consentRevoked, smsSent } from '@uw-wizard/shared/contracts/sms';
import { eventually } from '@uw-wizard/testkit/eventually';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptedDeal, createWorld, doneStatements, goodAnalysis, startDeal, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.stop());

type Entry = { id: string; type: string; time: string; created_at: string; data: object; summary: string };
const eventsOf = async (dealId: string, query = ''): Promise<Entry[]> =>
  (await world.get(`/api/deals/${dealId}/events${query}`)).body.data;
const dealOf = async (dealId: string) => (await world.get(`/api/deals/${dealId}`)).body;
const documents = [1, 2, 3].map((size) => ({ document_id: randomUUID(), checksum: 'c', size_bytes: size, pages: 1 }));
const uploaded = (about: { dealId: string }, setId: string, more: { sequence?: number } = {}) =>
  world.eventOf(
    documentUploaded,
    { ...about, ...more },
    { statement_set_id: setId, kind: 'bank_statements', documents },
  );
const analyzed = (about: { dealId: string }, setId: string, more: { sequence?: number } = {}) =>
  world.eventOf(statementAnalyzed, { ...about, ...more }, { statement_set_id: setId, analysis: goodAnalysis });

describe('the timeline of a deal', () => {
  test('a deal’s own events are there at once, newest first, each as a sentence', async () => {
    const { dealId } = await acceptedDeal(world);
    const entries = await eventsOf(dealId);
    expect(entries.map(({ type }) => type)).toEqual([
      'background.result',
      'deal.status_changed',
      'offer.accepted',
      'deal.status_changed',
      'offer.generated',
      'deal.started',
    ]);
    const times = entries.map(({ time }) => time);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(new Set(times).size).toBe(times.length);
    expect(entries.at(-1)).toMatchObject({ summary: 'The deal was started.', created_at: expect.any(String) });
    expect(entries[2]?.summary).toMatch(/^An offer of \$[\d,.]+ was accepted/);
  });

  test('pages follow each other without a gap or a repeat, also while new events come in', async () => {
    const { dealId } = await acceptedDeal(world);
    const all = await eventsOf(dealId);
    const first = await world.get(`/api/deals/${dealId}/events?limit=4`);
    expect(first.body).toMatchObject({ has_more: true, next_cursor: expect.any(String) });
    await world.post(`/api/background/run?deal_id=${dealId}`);
    const second = await world.get(`/api/deals/${dealId}/events?limit=4&cursor=${first.body.next_cursor}`);
    expect(second.body).toMatchObject({ has_more: false, next_cursor: null });
    expect([...first.body.data, ...second.body.data]).toEqual(all);
  });

  test('another service’s event is kept once, under its own id and time, and what follows it is dated later', async () => {
    const { dealId, merchantId } = await startDeal(world);
    const time = new Date(Date.now() + 30_000).toISOString();
    const sent = world.eventOf(
      smsSent,
      { dealId, merchantId, time },
      { message_id: randomUUID(), category: 'transactional', segments: 1 },
    );
    await Promise.all([world.publish(sent), world.publish(sent)]);
    await world.post('/api/intake/answer', { deal_id: dealId, answers: { dba: 'The Oven' } });
    const [latest, kept, started] = await eventsOf(dealId);
    expect(kept).toMatchObject({ id: sent.id, time, type: 'sms.sent', summary: 'A transactional text was sent.' });
    expect([latest?.type, started?.type]).toEqual(['intake.answered', 'deal.started']);
  });

  test('a deal named in capitals is the same deal: what is done to it stands in order on one timeline', async () => {
    const { dealId } = await startDeal(world);
    const capitals = dealId.toUpperCase();
    const ahead = new Date(Date.now() + 60_000).toISOString();
    world.statements.set(dealId, { ...doneStatements(), deal_time: ahead });
    const { body } = await world.post(`/api/deals/${capitals}/offers`);
    await world.post(`/api/deals/${dealId}/accept`, { offer_id: body.offers[0].offer_id.toUpperCase() });
    await world.post(`/api/background/run?deal_id=${capitals}`);
    const { body: alert } = await world.post('/api/alerts', { message: 'Call back.', deal_id: capitals });
    expect(alert.deal_id).toBe(dealId);
    const entries = await eventsOf(capitals);
    expect(entries.map(({ type }) => type)).toEqual([
      'alert.raised',
      'background.result',
      'deal.status_changed',
      'offer.accepted',
      'deal.status_changed',
      'offer.generated',
      'deal.started',
    ]);
    expect(entries.filter(({ time }) => time > ahead)).toHaveLength(6);
    const numbered = await world.database.query('SELECT sequence FROM outbox WHERE subject = $1', [dealId]);
    expect(numbered).toHaveLength(7);
  });

  test('events of one publisher are taken in in its order, in whatever order they arrive', async () => {
    const about = await startDeal(world);
    const setId = uuidv7();
    const events = [uploaded(about, setId), analyzed(about, setId)];
    await Promise.all(events.toReversed().map(world.publish));
    const rows = await world.database.query(
      'SELECT type FROM events WHERE deal_id = $1 AND type NOT LIKE $2 ORDER BY created_at',
      [about.dealId, 'deal.%'],
    );
    expect(rows.map(({ type }) => type)).toEqual(['document.uploaded', 'statement.analyzed']);
  });

  test('an event about no deal, such as a number’s opt-out, is on no timeline', async () => {
    const event = world.eventOf(consentRevoked, { subject: '+12125550123' }, { number: '***0123', keyword: 'STOP' });
    await world.publish(event);
    expect(await world.database.query('SELECT 1 FROM events WHERE id = $1', [event.id])).toEqual([]);
  });

  test('a refused upload is seen', async () => {
    const about = await startDeal(world);
    await world.publish(world.eventOf(documentRejected, about, { code: 'exactly-three-pdfs', filename_count: 2 }));
    expect((await eventsOf(about.dealId))[0]?.summary).toBe('An upload was refused: exactly-three-pdfs.');
  });

  test('bad parameters are named, and an unknown deal or another tenant’s is not found', async () => {
    const { dealId } = await startDeal(world);
    const ofYear0 = Buffer.from(JSON.stringify(['0000-01-01T00:00:00Z', dealId])).toString('base64url');
    for (const [query, pointer] of [
      [`cursor=${ofYear0}`, '#/query/cursor'],
      ['limit=0', '#/query/limit'],
      ['limit=201', '#/query/limit'],
      ['limit=ten', '#/query/limit'],
      ['cursor=abc', '#/query/cursor'],
      ['limit=1&limit=2', '#/query/limit'],
    ]) {
      const { status, body } = await world.get(`/api/deals/${dealId}/events?${query}`);
      expect([status, body.errors?.[0].pointer]).toEqual([422, pointer]);
    }
    const unknown = await world.get(`/api/deals/${randomUUID()}/events`);
    const malformed = await world.get('/api/deals/7/events');
    const foreign = await world.get(`/api/deals/${dealId}/events`, { identity: { tenant: 'other' } });
    for (const { status, body } of [unknown, malformed, foreign])
      expect([status, body.code]).toEqual([404, 'deal-not-found']);
  });
});

describe('news of statements', () => {
  test('what they say is on the deal, once it has been read', async () => {
    const about = await startDeal(world);
    const setId = uuidv7();
    await world.publish(uploaded(about, setId));
    expect((await dealOf(about.dealId)).statement_set_id).toBeNull();
    const read = analyzed(about, setId);
    await Promise.all([world.publish(read), world.publish(read)]);
    expect(await dealOf(about.dealId)).toMatchObject({
      statement_set_id: setId,
      avg_monthly_revenue_cents: goodAnalysis.avg_monthly_revenue_cents,
      positions_count: 0,
      version: 2,
    });
  });

  test('a new set takes the offers of the former one away', async () => {
    const about = await startDeal(world);
    world.statements.set(about.dealId, doneStatements());
    await world.post(`/api/deals/${about.dealId}/offers`);
    expect((await dealOf(about.dealId)).offers).toHaveLength(3);
    await world.publish(uploaded(about, uuidv7()));
    expect((await dealOf(about.dealId)).offers).toEqual([]);
  });

  test('late news of a former set changes nothing on offers that were made on a newer one', async () => {
    const about = await startDeal(world);
    const [former, newer] = [uuidv7(), uuidv7()];
    world.statements.set(about.dealId, doneStatements({ setId: newer }));
    await world.post(`/api/deals/${about.dealId}/offers`);
    for (const setId of [former, newer]) {
      await world.publish(uploaded(about, setId));
      await world.publish(analyzed(about, setId));
      const deal = await dealOf(about.dealId);
      expect([deal.statement_set_id, deal.offers.length]).toEqual([newer, 3]);
    }
    expect((await world.post(`/api/deals/${about.dealId}/accept`, {})).status).toBe(200);
  });

  test('a set that overlapped the acceptance leaves the terms alone and raises an alert', async () => {
    const deal = await acceptedDeal(world);
    const setId = uuidv7();
    await world.publish(uploaded(deal, setId));
    await world.publish(analyzed(deal, setId));
    const shown = await dealOf(deal.dealId);
    expect(shown.status).toBe('accepted');
    expect(shown.statement_set_id).not.toBe(setId);
    const { body } = await world.get(`/api/alerts?deal_id=${deal.dealId}`);
    expect(body.data).toMatchObject([{ code: 'statements-after-acceptance', severity: 'warning' }]);
  });

  test('late news of the very set that the accepted terms rest on, or of one before it, alerts nobody', async () => {
    const former = uuidv7();
    const deal = await acceptedDeal(world);
    const { statement_set_id: setId } = await dealOf(deal.dealId);
    for (const late of [former, setId]) await world.publish(uploaded(deal, late));
    expect((await world.get(`/api/alerts?deal_id=${deal.dealId}`)).body.data).toEqual([]);
  });

  test('calls and news lock a deal before its clock, all of them, so that neither ends the other as a deadlock', async () => {
    const about = await startDeal(world);
    world.statements.set(about.dealId, doneStatements());
    await world.post(`/api/deals/${about.dealId}/offers`);
    const news = [uploaded(about, uuidv7()), analyzed(about, uuidv7())];
    const calls = [
      () => world.post('/api/intake/answer', { deal_id: about.dealId, answers: { dba: 'The Oven' } }),
      () => world.post('/api/deals/start', { merchant_id: about.merchantId, requested_amount_cents: 10_000_00 }),
      ...news.map((event) => () => world.publish(event)),
      () => world.post(`/api/deals/${about.dealId}/offers`),
      () => world.post(`/api/background/run?deal_id=${about.dealId}`),
      () => world.post(`/api/deals/${about.dealId}/accept`, {}),
    ];
    const { query } = world.database;
    for (const call of calls) {
      await query('BEGIN');
      await query('SELECT 1 FROM deals WHERE id = $1 FOR UPDATE', [about.dealId]);
      const reply = call();
      await eventually(async () => {
        const waiting = await query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        expect(waiting).not.toEqual([]);
      });
      await query('SELECT 1 FROM outbox_clock WHERE subject = $1 FOR UPDATE NOWAIT', [about.dealId]);
      await query('COMMIT');
      expect((await reply)?.status ?? 200).toBe(200);
    }
    expect(await dealOf(about.dealId)).toMatchObject({ status: 'accepted', background_status: 'OK' });
  });
});
