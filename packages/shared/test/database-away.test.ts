import { type AddressInfo, createServer } from 'node:net';
import { findFreePort } from '@uw-wizard/testkit/servers/free-port';
import { createSqlClient } from '@uw-wizard/testkit/sql-client';
import { expect, test } from 'vitest';
import { openDatabase } from '../src/platform/database.ts';
import { isDatabaseAway } from '../src/platform/database-away.ts';
import { toDomainError } from '../src/platform/problem.ts';
import { openPool } from '../src/platform/traced-pool.ts';

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

test('a server that ends a connection in the packet that opens it fails the call, not the process', async () => {
  const [ready, fatal] = [packet('R', [0, 0, 0, 0]), packet('E', Buffer.from('SFATAL\0C57P01\0Mgoing down\0\0'))];
  const idle = packet('Z', Buffer.from('I'));
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([ready, idle, fatal])));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const pool = openPool({ connectionString: `postgres://nobody:nothing@127.0.0.1:${port}/none` });
  const client = await pool.connect();
  await expect(client.query('SELECT 1')).rejects.toThrow();
  client.release(true);
  await pool.end();
  server.close();
});

/** A message of PostgreSQL's protocol: its type, its length, what it says. */
function packet(type: string, body: Uint8Array | number[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body)]);
}

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
  [
    'Prisma has no code for it and tells what its adapter was told beside its own',
    Object.assign(withCode('P2039'), {
      meta: { driverAdapterError: new Error('y', { cause: { kind: 'postgres', originalCode: '57P01' } }) },
    }),
  ],
  [
    'Prisma says so of a raw statement',
    Object.assign(withCode('P2010'), { meta: { driverAdapterError: new Error('ConnectionClosed') } }),
  ],
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
