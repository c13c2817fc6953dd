import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dealUpdated } from '../src/contracts/deals.ts';
import type { Envelope } from '../src/contracts/event.ts';
import { type Following, on } from '../src/platform/consumer.ts';
import type { SqlTx } from '../src/platform/database.ts';
import { discardDeadLetter, keepDeadLetter, listDeadLetters, replayDeadLetter } from '../src/platform/dead-letters.ts';
import { createPlatformDatabase, effects, type PlatformDatabase } from './platform-database.ts';

let db: PlatformDatabase;
beforeEach(async () => {
  db = await createPlatformDatabase();
});
afterEach(() => db.drop());

let broken = false;
const followings: Following<SqlTx>[] = [
  {
    publisher: 'deals-svc',
    handlers: [
      on(dealUpdated, async (tx: SqlTx, { sequence }) => {
        await tx.$executeRaw`INSERT INTO effect (what) VALUES (${String(sequence)})`;
        if (broken) throw new Error('still broken');
      }),
    ],
  },
];

async function keep(body?: string): Promise<string> {
  const id = randomUUID();
  const subject = randomUUID();
  const envelope: Envelope = {
    specversion: '1.0',
    id,
    source: 'deals-svc',
    type: dealUpdated.type,
    time: '2025-03-01T12:00:00.000Z',
    subject,
    datacontenttype: 'application/json',
    dataversion: 1,
    tenantid: 't1',
    dealid: subject,
    sequence: 7,
    data: { fields: [] },
  };
  const letter = { id, publisher: 'deals-svc', type: 'deal.updated', reason: 'never', attempts: 10 } as const;
  await db.database.withTenant('t1', (tx) => keepDeadLetter(tx, { ...letter, body: body ?? JSON.stringify(envelope) }));
  return id;
}

test('dead letters are listed, oldest first, until they are replayed or discarded', async () => {
  const ids = [await keep(), await keep(), await keep()];
  expect((await listDeadLetters(db.database)).map(({ id }) => id)).toEqual(ids);
  await replayDeadLetter(db.database, ids[0] ?? '', followings);
  await discardDeadLetter(db.database, ids[1] ?? '');
  expect(await listDeadLetters(db.database)).toMatchObject([
    { id: ids[2], publisher: 'deals-svc', type: 'deal.updated', reason: 'never', attempts: 10 },
  ]);
});

test('a dead letter that is replayed takes effect once, even by two people at once', async () => {
  const id = await keep();
  const replays = [1, 2, 3].map(() => replayDeadLetter(db.database, id, followings));
  const settled = await Promise.allSettled(replays);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await effects(db)).toEqual(['7']);
  expect(await db.query('SELECT outcome FROM inbox WHERE event_id = $1', [id])).toEqual([{ outcome: 'handled' }]);
});

test('a replay that fails again leaves no effect, and the dead letter where it was', async () => {
  const id = await keep();
  broken = true;
  await expect(replayDeadLetter(db.database, id, followings)).rejects.toThrow('still broken');
  broken = false;
  expect(await effects(db)).toEqual([]);
  expect(await listDeadLetters(db.database)).toHaveLength(1);
});

test('what cannot be replayed says why: unknown, unreadable, discarded, or nobody follows it', async () => {
  await expect(replayDeadLetter(db.database, randomUUID(), followings)).rejects.toThrow(/There is no dead letter/);
  await expect(replayDeadLetter(db.database, await keep('{'), followings)).rejects.toThrow(/still cannot be read/);
  const id = await keep();
  await expect(replayDeadLetter(db.database, id, [])).rejects.toThrow(/Nothing of deals-svc is followed/);
  await discardDeadLetter(db.database, id);
  await expect(replayDeadLetter(db.database, id, followings)).rejects.toThrow(/replayed or discarded before/);
  await expect(discardDeadLetter(db.database, id)).rejects.toThrow(/There is no dead letter/);
});
