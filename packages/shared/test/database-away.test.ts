import { findFreePort } from '@uw-wizard/testkit/servers/free-port';
import { createSqlClient } from '@uw-wizard/testkit/sql-client';
import { expect, test } from 'vitest';
import { openDatabase } from '../src/platform/database.ts';
import { isDatabaseAway } from '../src/platform/database-away.ts';
import { toDomainError } from '../src/platform/problem.ts';

test('a call whose database cannot be reached is a 503 that says when to try again, not an error of ours', async () => {
  const url = `postgres://nobody:nothing@127.0.0.1:${await findFreePort()}/none`;
  const database = openDatabase({ url, client: () => createSqlClient(url) });
  const refusals = await Promise.all(
    [database.withTenant('t1', async (tx) => tx.$queryRaw`SELECT 1`), database.pool.query('SELECT 1')].map((asked) =>
      asked.then(
        () => null,
        (error: unknown) => toDomainError(error),
      ),
    ),
  );
  await database.close();
  const expected = { kind: { code: 'database-unavailable', status: 503 }, retryAfterSeconds: 1 };
  expect(refusals).toMatchObject([expected, expected]);
});

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });

test.each([
  ['the server is shut down', withCode('57P01')],
  ['the server is starting', withCode('57P03')],
  ['the server takes nobody more', withCode('53300')],
  ['the connection broke', withCode('ECONNRESET')],
  ['the connection ended under a statement', new Error('Connection terminated unexpectedly')],
  ['no connection was free in time', new Error('timeout exceeded when trying to connect')],
  ['Prisma could not reach it', withCode('P1001')],
  ['Prisma wraps what its adapter was told', new Error('x', { cause: { kind: 'postgres', originalCode: '57P01' } })],
  ['it is the cause of the cause', new Error('x', { cause: new Error('y', { cause: withCode('08006') }) })],
])('the database is away when %s', (_, error) => {
  expect(isDatabaseAway(error)).toBe(true);
});

test.each([
  ['a row is there already', withCode('23505')],
  ['a statement is wrong', withCode('42601')],
  ['a statement took too long', withCode('57014')],
  ['a file is missing', withCode('ENOENT')],
  ['something else is wrong', new TypeError('x is undefined')],
  ['what is thrown is no error', 'ECONNREFUSED'],
])('the database is not away when %s', (_, error) => {
  expect(isDatabaseAway(error)).toBe(false);
});
