import { types } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createPlatformDatabase, effects, type PlatformDatabase } from './platform-database.ts';

let db: PlatformDatabase;
beforeAll(async () => {
  db = await createPlatformDatabase();
  await db.query('CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL)');
  await db.query('INSERT INTO account VALUES (1, 0), (2, 0)');
});
beforeEach(async () => {
  await db.query('TRUNCATE effect');
});
afterAll(() => db.drop());

const insert = 'INSERT INTO effect (what) VALUES ($1)';

/** Runs `work` twice on one connection: it learns the statements at the first time and knows them at the second. */
async function learnedThenKnown<T>(work: (round: number) => Promise<T>): Promise<[T, T]> {
  const first = await work(1);
  return [first, await work(2)];
}

test('a statement that its connection knows gives what it gave when it was new', async () => {
  const database = db.another();
  const all = `SELECT 1::int AS n, 2::bigint AS big, 2.50::numeric AS pct, DATE '2019-04-01' AS day, NULL::text AS nothing,
    '{"a": [1]}'::jsonb AS json, true AS yes, ARRAY['x', 'y'] AS list, $1::text AS given, $2::timestamptz AS at`;
  const at = new Date('2026-11-22T02:03:04.567Z');
  const [learned, known] = await learnedThenKnown(() =>
    database.plain.withTenant('t1', (tx) =>
      Promise.all([
        tx.rows(all, ['a', at]),
        tx.rows('SELECT n FROM account WHERE n > $1', [5]),
        tx.run('UPDATE account SET n = n WHERE id = ANY($1)', [[1, 2]]),
        tx.run(insert, ['kept']),
      ]),
    ),
  );
  expect(known).toEqual(learned);
  expect(known[0]).toEqual([
    {
      n: 1,
      big: 2n,
      pct: '2.50',
      day: new Date('2019-04-01T00:00:00Z'),
      nothing: null,
      json: { a: [1] },
      yes: true,
      list: ['x', 'y'],
      given: 'a',
      at,
    },
  ]);
  expect(known.slice(1)).toEqual([[], 2, 1]);
  expect(await effects(db)).toEqual(['kept', 'kept']);
});

test('of known statements that leave together, those before one that fails are answered, and those behind it fail with it', async () => {
  const database = db.another();
  const outcomes = async (divisor: number) => {
    const settled: PromiseSettledResult<unknown>[] = [];
    await database.plain
      .withTenant('t1', async (tx) => {
        const sent = [
          tx.rows('SELECT 7 AS n'),
          tx.rows('SELECT 1 / $1::int AS n', [divisor]),
          tx.run(insert, ['undone']),
        ];
        settled.push(...(await Promise.allSettled(sent)));
        if (divisor === 1) throw new Error('learned');
      })
      .catch(() => undefined);
    return settled.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : `${outcome.reason.message}`));
  };
  expect(await outcomes(1)).toEqual([[{ n: 7 }], [{ n: 1 }], 1]);
  expect(await outcomes(0)).toEqual([[{ n: 7 }], 'division by zero', 'division by zero']);
  expect(await outcomes(1)).toEqual([[{ n: 7 }], [{ n: 1 }], 1]);
  expect(await effects(db)).toEqual([]);
});

test('known statements and new ones are done in the order in which they were begun', async () => {
  const database = db.another();
  const [, order] = await learnedThenKnown((round) =>
    database.plain.withTenant('t1', async (tx) => {
      tx.later(insert, [`${round} first`]);
      // A text of its own in each round: no connection knows it.
      tx.later(`INSERT INTO effect (what) VALUES ('${round} second')`);
      tx.later(insert, [`${round} third`]);
      return tx.rows('SELECT what FROM effect WHERE what LIKE $1 ORDER BY n', [`${round}%`]);
    }),
  );
  expect(order).toEqual([{ what: '2 first' }, { what: '2 second' }, { what: '2 third' }]);
});

test('a value that has no form as a parameter fails its statement', async () => {
  const database = db.another();
  const read = (value: unknown) =>
    database.plain.withTenant('t1', (tx) => tx.rows('SELECT $1::jsonb AS json', [value]));
  const [, known] = await learnedThenKnown(() => read('[2]'));
  expect(known).toEqual([{ json: [2] }]);
  const formless = {
    toPostgres: () => {
      throw new Error('it has no form');
    },
  };
  await expect(read(formless)).rejects.toThrow('it has no form');
  expect(await read('3')).toEqual([{ json: 3 }]);
});

test('an answer that cannot be read fails its transaction, and the connection goes on', async () => {
  const { MACADDR } = types.builtins;
  let readable = true;
  const parse = types.getTypeParser(MACADDR);
  types.setTypeParser(MACADDR, (text) => {
    if (!readable) throw new Error('not an address');
    return text;
  });
  onTestFinished(() => types.setTypeParser(MACADDR, parse));
  const database = db.another();
  const read = () =>
    database.plain.withTenant('t1', (tx) =>
      Promise.all([
        tx.rows('SELECT 7 AS n'),
        tx.rows(`SELECT '08:00:2b:01:02:03'::macaddr AS place`),
        tx.run(insert, ['kept']),
      ]),
    );
  const [, known] = await learnedThenKnown(read);
  expect(known).toEqual([[{ n: 7 }], [{ place: '08:00:2b:01:02:03' }], 1]);
  readable = false;
  await expect(read()).rejects.toThrow('not an address');
  readable = true;
  expect(await read()).toEqual(known);
  expect(await effects(db)).toEqual(['kept', 'kept', 'kept']);
});
