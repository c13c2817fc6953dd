import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHousekeeping } from '../src/platform/housekeeping.ts';
import { runWorkers } from '../src/platform/worker.ts';
import { keptLog } from './kept-log.ts';
import { createPlatformDatabase, type PlatformDatabase } from './platform-database.ts';

let db: PlatformDatabase;
beforeAll(async () => {
  db = await createPlatformDatabase();
});
afterAll(() => db.drop());

const answer = (key: string, age: string) =>
  db.query(
    `INSERT INTO idempotency (tenant_id, principal, method, path, key, fingerprint, status, headers, body, created_at)
     VALUES ('t1', 'u1', 'POST', '/x', $1, 'f', 200, '{}', '{}', now() - $2::interval)`,
    [key, age],
  );
const sent = (subject: string, age: string | null) =>
  db.query(
    `INSERT INTO outbox (id, tenant_id, subject, sequence, type, envelope, created_at, published_at)
     VALUES ($1, 't1', $2, 1, 'deal.updated', '{}', now() - interval '90 days', now() - $3::interval)`,
    [randomUUID(), subject, age],
  );
const received = (subject: string, outcome: string, age: string) =>
  db.query(
    `INSERT INTO inbox (publisher, event_id, tenant_id, subject, sequence, outcome, updated_at)
     VALUES ('deals-svc', $1, 't1', $2, 1, $3, now() - $4::interval)`,
    [randomUUID(), subject, outcome, age],
  );

const given = (reason: string, age: string, seenTo: string | null) =>
  db.query(
    `INSERT INTO dead_letter (id, publisher, type, body, reason, attempts, created_at, discarded_at)
     VALUES ($1, 'deals-svc', 'deal.updated', '{}', $2, 1, now() - $3::interval, now() - $4::interval)`,
    [randomUUID(), reason, age, seenTo],
  );

test('what is old is deleted by whoever comes first, and what is still needed stays', async () => {
  for (let count = 0; count < 25; count += 1) await answer(`old-${count}`, '26 hours');
  await answer('young', '23 hours');
  await sent('old', '15 days');
  await sent('young', '13 days');
  await sent('unpublished', null);
  await received('old', 'handled', '31 days');
  await received('dead', 'dead', '31 days');
  await received('young', 'handled', '29 days');
  await received('failing', 'failing', '31 days');
  await given('seen to long ago', '90 days', '31 days');
  await given('seen to', '90 days', '29 days');
  await given('not seen to', '90 days', null);
  const { log, lines } = keptLog();
  const sweepers = [1, 2].map(() => createHousekeeping({ database: db.database, log, batch: 10 }));
  const running = runWorkers(sweepers);
  const left = async () => ({
    keys: (await db.query('SELECT key FROM idempotency')).map(({ key }) => key),
    outbox: (await db.query('SELECT subject FROM outbox ORDER BY subject')).map(({ subject }) => subject),
    letters: (await db.query('SELECT reason FROM dead_letter ORDER BY reason')).map(({ reason }) => reason),
    inbox: (await db.query('SELECT subject FROM inbox ORDER BY subject')).map(({ subject }) => subject),
  });
  await eventually(async () =>
    expect(await left()).toEqual({
      keys: ['young'],
      outbox: ['unpublished', 'young'],
      letters: ['not seen to', 'seen to'],
      inbox: ['failing', 'young'],
    }),
  );
  await running.stop();
  const deleted = lines.filter(({ table }) => table === 'idempotency').map((line) => Number(line.deleted));
  expect(deleted.reduce((sum, count) => sum + count, 0)).toBe(25);
});

test('while one replica sweeps the others pass, and when it has died another one takes over', async () => {
  await answer('left to the leader', '26 hours');
  const leader = db.another();
  const swept = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const sweeping = leader.unlessTaken('housekeeping', () => {
    begun.resolve();
    return swept.promise;
  });
  await begun.promise;
  const looks: boolean[] = [];
  const watched = {
    worker: db.database.worker,
    async unlessTaken(name: string, work: () => Promise<void>) {
      const taken = await db.database.unlessTaken(name, work);
      looks.push(taken);
      return taken;
    },
  };
  const running = runWorkers([createHousekeeping({ database: watched, log: keptLog().log, everyMs: 20 })]);
  await eventually(() => expect(looks.length).toBeGreaterThan(2));
  expect(new Set(looks)).toEqual(new Set([false]));
  expect(await db.query(`SELECT 1 FROM idempotency WHERE key = 'left to the leader'`)).toHaveLength(1);
  await db.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND datname = current_database() AND query LIKE '%pg_try_advisory_lock%'`,
  );
  await eventually(async () =>
    expect(await db.query(`SELECT 1 FROM idempotency WHERE key = 'left to the leader'`)).toEqual([]),
  );
  swept.resolve();
  expect(await sweeping).toBe(true);
  await running.stop();
});

test('a sweep that fails is logged and tried again, and the others are done all the same', async () => {
  await db.query('ALTER TABLE idempotency RENAME TO away');
  await received('older', 'handled', '31 days');
  const { log, lines } = keptLog();
  const running = runWorkers([createHousekeeping({ database: db.database, log, everyMs: 20 })]);
  await eventually(() => expect(lines.filter(({ level }) => level === 'warn').length).toBeGreaterThan(1));
  await db.query('ALTER TABLE away RENAME TO idempotency');
  await answer('older', '26 hours');
  await eventually(async () => {
    expect(await db.query(`SELECT 1 FROM idempotency WHERE key = 'older'`)).toEqual([]);
    expect(await db.query(`SELECT 1 FROM inbox WHERE subject = 'older'`)).toEqual([]);
  });
  await running.stop();
});
