import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dealUpdated } from '../src/contracts/deals.ts';
import { DomainError } from '../src/errors.ts';
import { fact, writeFacts } from '../src/platform/outbox.ts';
import { createPlatformDatabase, effects, type PlatformDatabase } from './platform-database.ts';

let db: PlatformDatabase;
beforeAll(async () => {
  db = await createPlatformDatabase();
  await db.query('CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL)');
  await db.query('INSERT INTO account VALUES (1, 0), (2, 0)');
});
afterAll(() => db.drop());

test('statements run as the tenant, and only until the transaction ends', async () => {
  const read = (tenant: string) =>
    db.database.withTenant(
      tenant,
      async (tx) => (await tx.$queryRaw<{ t: string }[]>`SELECT current_setting('app.tenant_id') AS t`)[0]?.t,
    );
  expect(await Promise.all(['t1', 't2', 't3'].map(read))).toEqual(['t1', 't2', 't3']);
});

test('two transactions that lock each other out both succeed', async () => {
  const bothHoldOne = Promise.withResolvers<void>();
  let holding = 0;
  const move = (from: number, to: number) =>
    db.database.withTenant('t1', async (tx) => {
      await tx.$executeRaw`UPDATE account SET n = n - 1 WHERE id = ${from}`;
      holding += 1;
      if (holding === 2) bothHoldOne.resolve();
      await bothHoldOne.promise;
      await tx.$executeRaw`UPDATE account SET n = n + 1 WHERE id = ${to}`;
    });
  await Promise.all([move(1, 2), move(2, 1)]);
  expect(holding).toBe(3);
  expect(await db.query('SELECT n FROM account ORDER BY id')).toEqual([{ n: 0 }, { n: 0 }]);
});

test('an error undoes the transaction and is not tried again', async () => {
  let tries = 0;
  const work = db.database.withTenant('t1', async (tx) => {
    tries += 1;
    await tx.$executeRaw`INSERT INTO effect (what) VALUES ('undone')`;
    throw new Error('a rule said no');
  });
  await expect(work).rejects.toThrow('a rule said no');
  expect(tries).toBe(1);
  expect(await effects(db)).toEqual([]);
});

test('commits are told, with whether facts wait to be claimed; what was undone is not told', async () => {
  const database = db.another();
  const commits: boolean[] = [];
  database.onCommit(({ open }) => commits.push(open));
  const write = (fail: boolean) =>
    database.withTenant('t1', async (tx) => {
      const update = fact(dealUpdated, { dealId: randomUUID() }, { fields: [] });
      await writeFacts(tx, { tenantId: 't1', now: new Date() }, [update]);
      if (fail) throw new Error('undone');
    });
  await database.withTenant('t1', async (tx) => tx.$queryRaw`SELECT 1`);
  await write(false);
  await expect(write(true)).rejects.toThrow('undone');
  expect(commits).toEqual([false, true]);
});

test('the probe says whether the database answers in time', async () => {
  const database = db.another();
  expect(await database.answers(2_000)).toBe(true);
  const held = await Promise.all(Array.from({ length: 10 }, () => database.pool.connect()));
  expect(await database.answers(50)).toBe(false);
  for (const client of held) client.release();
});

test('work that holds a lock outlives the connection that held it', async () => {
  const database = db.another();
  const result = await database.exclusively('a provider call', async () => {
    await db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'SELECT pg_advisory_lock%'`,
    );
    // Its end is told to nobody but the connection itself; a second one is there to be asked.
    await eventually(async () => {
      const left = await db.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_advisory_lock%'`,
      );
      expect(left).toEqual([]);
    });
    return 'sent';
  });
  expect(result).toBe('sent');
  expect(await database.exclusively('a provider call', async () => 'sent again')).toBe('sent again');
});

test('a refusal is not tried again, whatever figures it holds', async () => {
  let tries = 0;
  const kind = { code: 'no', status: 409, title: 'No' };
  const work = db.database.withTenant('t1', async () => {
    tries += 1;
    throw new DomainError(kind, 'The payment is 40001 cents.');
  });
  await expect(work).rejects.toThrow('40001');
  expect(tries).toBe(1);
});
