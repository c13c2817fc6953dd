import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DomainError } from '../src/errors.ts';
import { plainTable } from '../src/platform/plain-table.ts';
import { inOnePacket, plainOn } from '../src/platform/plain-tx.ts';
import { createPlatformDatabase, effects, type PlatformDatabase } from './platform-database.ts';

let db: PlatformDatabase;
beforeAll(async () => {
  db = await createPlatformDatabase();
  await db.query('CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL)');
});
beforeEach(async () => {
  await db.query('TRUNCATE effect, account');
  await db.query('INSERT INTO account VALUES (1, 0), (2, 0)');
});
afterAll(() => db.drop());

const insert = 'INSERT INTO effect (what) VALUES ($1)';

test('plain statements run as the tenant, and only until the transaction ends', async () => {
  const { plain, pool } = db.database;
  const setting = `SELECT current_setting('app.tenant_id', true) AS t`;
  const read = (tenant: string) =>
    plain.withTenant(tenant, async (tx) => (await tx.rows<{ t: string }>(setting))[0]?.t);
  expect(await Promise.all(['t1', "o'brien", 't3'].map(read))).toEqual(['t1', "o'brien", 't3']);
  expect((await pool.query(setting)).rows[0].t).toBe('');
});

test('no statement, and no pause of a transaction, takes longer than 15 seconds', async () => {
  const limits = `SELECT current_setting('statement_timeout') AS one,
    current_setting('idle_in_transaction_session_timeout') AS pause`;
  expect(await db.database.plain.withTenant('t1', (tx) => tx.rows(limits))).toEqual([{ one: '15s', pause: '15s' }]);
});

test('a plan that is made while a table is small does not read the whole of it', async () => {
  const lookup = 'EXPLAIN SELECT n FROM account WHERE id = 1';
  await db.query('ANALYZE account');
  expect(JSON.stringify(await db.query(lookup))).toContain('Seq Scan');
  const plan = await db.database.plain.withTenant('t1', (tx) => tx.rows(lookup));
  expect(JSON.stringify(plan)).toContain('Index Scan');
});

test('statements that nobody waits for are done in their order, before those that follow', async () => {
  const count = await db.database.plain.withTenant('t1', async (tx) => {
    tx.later(insert, ['one']);
    tx.later('UPDATE effect SET what = $1 WHERE what = $2', ['two', 'one']);
    tx.later(insert, ['three']);
    return tx.run('UPDATE effect SET what = what || $1', ['!']);
  });
  expect(count).toBe(2);
  expect(await effects(db)).toEqual(['two!', 'three!']);
});

test('a statement that nobody waits for fails its transaction, which tells why', async () => {
  const { plain } = db.database;
  const twice = (more: (run: () => Promise<unknown>) => Promise<unknown>) =>
    plain.withTenant('t1', async (tx) => {
      tx.later(insert, ['undone']);
      tx.later('INSERT INTO account VALUES (1, 5)');
      await more(() => tx.run('UPDATE account SET n = 7'));
    });
  await expect(twice(async () => undefined)).rejects.toThrow('account_pkey');
  await expect(twice((run) => run())).rejects.toThrow('account_pkey');
  await expect(twice((run) => run().catch(() => undefined))).rejects.toThrow('account_pkey');
  const refuse = async () => {
    throw new DomainError({ code: 'no', status: 409, title: 'No' }, 'a rule said no');
  };
  await expect(twice(refuse)).rejects.toThrow('a rule said no');
  expect(await effects(db)).toEqual([]);
  expect(await db.query('SELECT n FROM account ORDER BY id')).toEqual([{ n: 0 }, { n: 0 }]);
});

test('a failure that somebody swallows is no commit', async () => {
  const work = db.database.plain.withTenant('t1', async (tx) => {
    await tx.run(insert, ['undone']);
    await tx.run('SELECT 1 / 0').catch(() => undefined);
  });
  await expect(work).rejects.toThrow('nothing of it was kept');
  expect(await effects(db)).toEqual([]);
});

test('two plain transactions that lock each other out both succeed', async () => {
  const bothHoldOne = Promise.withResolvers<void>();
  let holding = 0;
  const move = (from: number, to: number) =>
    db.database.plain.withTenant('t1', async (tx) => {
      await tx.run('UPDATE account SET n = n - 1 WHERE id = $1', [from]);
      holding += 1;
      if (holding === 2) bothHoldOne.resolve();
      await bothHoldOne.promise;
      tx.later('UPDATE account SET n = n + 1 WHERE id = $1', [to]);
      await tx.rows('SELECT 1');
    });
  await Promise.all([move(1, 2), move(2, 1)]);
  expect(holding).toBe(3);
  expect(await db.query('SELECT n FROM account ORDER BY id')).toEqual([{ n: 0 }, { n: 0 }]);
});

test('a connection that is lost in the middle fails its transaction, and the next one has another', async () => {
  const database = db.another();
  const work = database.plain.withTenant('t1', async (tx) => {
    const [row] = await tx.rows<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await tx.run(insert, ['undone']);
    await db.query(`SELECT pg_terminate_backend(${row?.pid})`);
    await eventually(async () => {
      await expect(tx.rows('SELECT 1')).rejects.toThrow();
    });
    await tx.run(insert, ['undone as well']);
  });
  await expect(work).rejects.toThrow();
  await database.plain.withTenant('t1', (tx) => tx.run(insert, ['kept']));
  expect(await effects(db)).toEqual(['kept']);
});

test('a table is written and read by its fields, whatever they hold', async () => {
  await db.query(
    `CREATE TABLE thing (id uuid PRIMARY KEY, tenant_id text, amount_cents bigint, pct decimal(5,2), born_on date,
       seen_at timestamptz(3), notes jsonb)`,
  );
  const table = plainTable('thing', ['id', 'tenantId', 'amountCents', 'pct', 'bornOn', 'seenAt', 'notes']);
  const id = '019a0000-0000-7000-8000-000000000001';
  const seenAt = new Date('2026-11-22T02:03:04.567Z');
  const row = { id, tenantId: 't1', amountCents: 2 ** 53, pct: 62.5, bornOn: '2019-04-01', seenAt, notes: '["a", {}]' };
  const [read] = await db.database.plain.withTenant('t1', async (tx) => {
    table.insert(tx, [row, { ...row, id: id.replace(/1$/, '2') }]);
    table.insert(tx, [row], 'DO NOTHING');
    table.update(tx, { tenantId: 't1', id }, { pct: null, amountCents: 5 });
    return tx.rows(`SELECT ${table.columns('t')} FROM thing t ORDER BY id DESC`);
  });
  expect(read).toEqual({
    ...row,
    id: id.replace(/1$/, '2'),
    amountCents: 2n ** 53n,
    pct: '62.50',
    bornOn: new Date('2019-04-01T00:00:00Z'),
    notes: ['a', {}],
  });
  expect(await db.query('SELECT id FROM thing WHERE pct IS NULL AND amount_cents = 5')).toEqual([{ id }]);
});

test('a packet of statements is one transaction: all of it is kept or none, and the connection goes on', async () => {
  const { pool } = db.database;
  const one = { text: insert, values: ['one'] };
  const failing = { text: 'UPDATE account SET n = 1 / $1::int', values: [0] };
  await expect(inOnePacket(pool, [one, failing, one])).rejects.toThrow('division by zero');
  expect(await effects(db)).toEqual([]);
  const [, counted] = await inOnePacket(pool, [one, { text: 'SELECT count(*) AS n FROM effect' }]);
  expect(counted).toEqual([{ n: 1n }]);
  expect(await effects(db)).toEqual(['one']);
});

test('single statements on the pool read amounts as whole numbers, like those of a transaction', async () => {
  const sql = plainOn(db.database.pool, 't1');
  expect(await sql.$queryRaw`UPDATE account SET n = ${7} WHERE id = ${1} RETURNING n::bigint`).toEqual([{ n: 7n }]);
  expect(await sql.$queryRaw`SELECT current_setting('app.tenant_id') AS tenant`).toEqual([{ tenant: 't1' }]);
});

test('looks that are begun at once see what is their tenant’s and leave a clean connection', async () => {
  const { plain, pool } = db.database;
  const setting = `SELECT current_setting('app.tenant_id', true) AS tenant`;
  const [[one], [two]] = await plain.allAtOnce('t1', (tx) =>
    Promise.all([tx.rows(setting), tx.rows('SELECT n FROM account WHERE id = $1', [1])]),
  );
  expect([one, two]).toEqual([{ tenant: 't1' }, { n: 0 }]);
  expect((await pool.query(setting)).rows).toEqual([{ tenant: '' }]);
});

test('a look that begins another after its first answer, or fails, says so, and the connection goes on', async () => {
  // One connection, so that each look has the one before it to suffer from.
  const { plain } = db.another({ maxConnections: 1 });
  const later = plain.allAtOnce('t1', async (tx) => {
    await tx.rows('SELECT 1');
    return tx.rows('SELECT 2');
  });
  await expect(later).rejects.toThrow('this transaction ends with what it began with');
  await expect(plain.allAtOnce('t1', (tx) => tx.rows('SELECT 1 / 0'))).rejects.toThrow('division by zero');
  const refused = plain.allAtOnce('t1', () => {
    throw new Error('a rule said no');
  });
  await expect(refused).rejects.toThrow('a rule said no');
  expect(await plain.allAtOnce('t1', (tx) => tx.rows('SELECT 3 AS n'))).toEqual([{ n: 3 }]);
});
