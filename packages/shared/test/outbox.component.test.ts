import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dealUpdated, offerAccepted } from '../src/contracts/deals.ts';
import { envelopeSchema } from '../src/contracts/event.ts';
import { audit } from '../src/platform/audit.ts';
import type { Database, SqlTx } from '../src/platform/database.ts';
import { fact, lastTime, observe, writeFacts } from '../src/platform/outbox.ts';
import { inRequest } from '../src/platform/request-context.ts';
import { createPlatformDatabase, type PlatformDatabase } from './platform-database.ts';

let db: PlatformDatabase;
beforeAll(async () => {
  db = await createPlatformDatabase();
});
afterAll(() => db.drop());

const now = new Date('2025-03-01T12:00:00.000Z');
const updated = (dealId: string) => fact(dealUpdated, { dealId }, { fields: ['phone'] });

type Row = { sequence: string; time: string; id: string };
const rowsOf = (dealId: string) =>
  db.query<Row>(`SELECT sequence, envelope->>'time' AS time, id FROM outbox WHERE subject = $1 ORDER BY sequence`, [
    dealId,
  ]);

type Written = { id: string; type: string; subject: string; sequence: number; time: string };
/** The events with these ids, in their order. */
async function eventsOf(ids: readonly string[]): Promise<Written[]> {
  const rows = await db.query<{ envelope: Written }>('SELECT envelope FROM outbox WHERE id = ANY($1::uuid[])', [ids]);
  return ids.flatMap((id) => rows.filter(({ envelope }) => envelope.id === id).map(({ envelope }) => envelope));
}

type Audited = { subject: string; sequence: string; at: string; data: { actor: { id: string }; entries: object[] } };
const audited = (actorId: string) =>
  db.query<Audited>(
    `SELECT subject, sequence, envelope->>'time' AS at, envelope->'data' AS data FROM outbox
     WHERE type = 'audit.recorded' AND envelope->'data'->'actor'->>'id' = $1 ORDER BY created_at, id`,
    [actorId],
  );
const callerOf = (id: string) => ({ kind: 'user', id, role: null, address: null, user_agent: null }) as const;
const by = { publisher: 'deals-svc', tenantId: 't1' } as const;

const ways: [string, () => Pick<Database<SqlTx>, 'withTenant'>][] = [
  ['through models', () => db.database],
  ['straight on the driver, where facts leave with the commit', () => db.database.plain],
];

describe.each(ways)('%s', (_name, way) => {
  test('facts written at once about one deal are numbered without gaps and dated strictly later each time', async () => {
    const dealId = randomUUID();
    await Promise.all(
      Array.from({ length: 30 }, () =>
        way().withTenant('t1', (tx) => writeFacts(tx, { tenantId: 't1', now }, [updated(dealId), updated(dealId)])),
      ),
    );
    const rows = await rowsOf(dealId);
    expect(rows.map(({ sequence }) => Number(sequence))).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    const times = rows.map(({ time }) => Date.parse(time));
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true);
  });

  test('facts of one effect about several deals keep their order, and each deal counts on its own', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const about = [one, other, one, one, other];
    const write = async () =>
      eventsOf(await way().withTenant('t1', (tx) => writeFacts(tx, { tenantId: 't1', now }, about.map(updated))));
    const first = await write();
    expect(first.map(({ subject }) => subject)).toEqual(about);
    expect(first.map(({ sequence }) => sequence)).toEqual([1, 1, 2, 3, 2]);
    expect((await write()).map(({ sequence }) => sequence)).toEqual([4, 3, 5, 6, 4]);
    const times = (await rowsOf(one)).map(({ time }) => Date.parse(time) - now.getTime());
    expect(times).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('facts of an effect that was rolled back leave no gap behind', async () => {
    const dealId = randomUUID();
    const write = (fail: boolean) =>
      way().withTenant('t1', async (tx) => {
        await writeFacts(tx, { tenantId: 't1', now }, [updated(dealId)]);
        if (fail) throw new Error('a rule said no');
      });
    await write(false);
    await expect(write(true)).rejects.toThrow('a rule said no');
    await write(false);
    expect((await rowsOf(dealId)).map(({ sequence }) => Number(sequence))).toEqual([1, 2]);
  });

  test('the order of sequences is the order of commits', async () => {
    const dealId = randomUUID();
    const hold = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const order: string[] = [];
    const first = way()
      .withTenant('t1', async (tx) => {
        await writeFacts(tx, { tenantId: 't1', now }, [updated(dealId)]);
        // What comes before it is done by its answer.
        await tx.$queryRaw`SELECT 1`;
        written.resolve();
        await hold.promise;
      })
      .then(() => order.push('first'));
    await written.promise;
    const second = way()
      .withTenant('t1', (tx) => writeFacts(tx, { tenantId: 't1', now }, [updated(dealId)]))
      .then(eventsOf)
      .then(([event]) => order.push(`second ${event?.sequence}`));
    hold.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second 2']);
  });

  test('a fact is dated later than every event that was observed before it', async () => {
    const dealId = randomUUID();
    const foreign = '2025-03-01T12:00:07.250Z';
    const ids = await way().withTenant('t1', async (tx) => {
      await observe(tx, 't1', dealId, foreign);
      await observe(tx, 't1', dealId, '2025-03-01T11:00:00.000Z');
      return writeFacts(tx, { tenantId: 't1', now }, [updated(dealId)]);
    });
    expect(await eventsOf(ids)).toMatchObject([{ time: '2025-03-01T12:00:07.251Z', sequence: 1 }]);
    expect(await way().withTenant('t1', (tx) => lastTime(tx, 't1', dealId))).toBe('2025-03-01T12:00:07.251Z');
  });

  test('without any event the newest time is the one the caller gives', async () => {
    expect(await way().withTenant('t1', (tx) => lastTime(tx, 't1', randomUUID()))).toBeNull();
  });

  test('tenants that use the same deal id count on their own', async () => {
    const dealId = randomUUID();
    for (const tenantId of ['t1', 't2']) {
      const ids = await way().withTenant(tenantId, (tx) => writeFacts(tx, { tenantId, now }, [updated(dealId)]));
      expect(await eventsOf(ids)).toMatchObject([{ tenantid: tenantId, sequence: 1 }]);
    }
  });

  test('the stored envelope is valid, under the id that was given, and says which call it belongs to', async () => {
    const dealId = randomUUID();
    const merchantId = randomUUID();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const [id] = await inRequest({ request_id: 'r1', traceparent }, () =>
      way().withTenant('t1', (tx) =>
        writeFacts(tx, { tenantId: 't1', now }, [fact(dealUpdated, { dealId, merchantId }, { fields: [] })]),
      ),
    );
    const [row] = await db.query<{ envelope: unknown }>('SELECT envelope FROM outbox WHERE subject = $1', [dealId]);
    expect(envelopeSchema.parse(row?.envelope)).toMatchObject({
      id,
      source: 'deals-svc',
      type: 'deal.updated',
      subject: dealId,
      dealid: dealId,
      merchantid: merchantId,
      traceparent,
    });
  });

  test('data that its contract does not allow is not announced, and nothing of its effect is kept', async () => {
    const dealId = randomUUID();
    const wrong = {
      ...fact(offerAccepted, { dealId }, { offer_id: dealId, funded_amount_cents: 1, payback_amount_cents: 2 }),
    };
    const write = (data: Record<string, unknown>) =>
      way().withTenant('t1', async (tx) => {
        await writeFacts(tx, { tenantId: 't1', now }, [updated(dealId)]);
        await writeFacts(tx, { tenantId: 't1', now }, [{ ...wrong, data }]);
      });
    await expect(write({ ...wrong.data, ssn: '123' })).rejects.toThrow(/ssn/);
    await expect(write({ offer_id: dealId })).rejects.toThrow();
    expect(await rowsOf(dealId)).toEqual([]);
  });

  test('what is noted for the audit log goes along with the facts, as one event of its own time that waits for none and holds none up', async () => {
    const [dealId, caller] = [randomUUID(), callerOf(randomUUID())];
    const done = { action: 'deal.updated', entityType: 'deal', entityId: dealId };
    const began = Date.now();
    const written = await inRequest({ request_id: 'r-1', caller }, () =>
      way().withTenant('t1', async (tx) => {
        audit(tx, by, [{ ...done, before: { ownerPhone: '+12125550100' }, after: { ownerPhone: '+12125550101' } }]);
        audit(tx, by, [{ action: 'merchant.updated', entityType: 'merchant', entityId: 'm-1' }]);
        return writeFacts(tx, { tenantId: 't1', now }, [updated(dealId)]);
      }),
    );
    expect((await eventsOf(written)).map(({ type }) => type)).toEqual(['deal.updated']);
    const [event, ...more] = await audited(caller.id);
    expect(more).toEqual([]);
    expect(event?.sequence).toBe('1');
    expect(Date.parse(event?.at ?? '')).toBeGreaterThanOrEqual(began);
    expect(event?.data).toMatchObject({
      request_id: 'r-1',
      entries: [
        { action: 'deal.updated', before: { owner_phone: '[masked]' }, after: { owner_phone: '[masked]' } },
        { action: 'merchant.updated', before: null, after: null },
      ],
    });
    expect(await db.query('SELECT 1 FROM outbox_clock WHERE subject = $1', [event?.subject])).toEqual([]);
  });

  test('an effect without facts, and one that was rolled back, leave an audit record and none', async () => {
    const caller = callerOf(randomUUID());
    const note = (fail: boolean) =>
      inRequest({ request_id: 'r-2', caller }, () =>
        way().withTenant('t1', async (tx) => {
          audit(tx, by, [{ action: 'alert.dismissed', entityType: 'alert', entityId: 'a-1' }]);
          if (fail) throw new Error('a rule said no');
        }),
      );
    await note(false);
    await expect(note(true)).rejects.toThrow('a rule said no');
    expect(await audited(caller.id)).toHaveLength(1);
  });

  test('what the house does by itself leaves no audit record', async () => {
    const dealId = randomUUID();
    await way().withTenant('t1', async (tx) => {
      audit(tx, by, [{ action: 'deal.updated', entityType: 'deal', entityId: dealId }]);
      await writeFacts(tx, { tenantId: 't1', now }, [updated(dealId)]);
    });
    const rows = await db.query(`SELECT 1 FROM outbox WHERE envelope::text LIKE '%' || $1 || '%'`, [dealId]);
    expect(rows).toHaveLength(1);
  });
});
