import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@uw-wizard/testkit/eventually';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalPostgres, startLocalPostgres } from '../src/server.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uw-wizard-local-postgres-'));
});
afterAll(() => rm(folder, { recursive: true }));

const start = (name: string) =>
  startLocalPostgres({
    dataDir: join(folder, name),
    logFile: join(folder, `${name}.log`),
    password: 'secret',
    durable: false,
  });

async function query(server: LocalPostgres, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url('postgres') });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

test('a database keeps its data between starts, and only the password opens it', async () => {
  const first = await start('kept');
  await query(first, 'CREATE TABLE house AS SELECT 7 AS number');
  const stranger = new Client({ connectionString: first.url('postgres').replace('secret', 'guess') });
  await expect(stranger.connect()).rejects.toThrow(/password authentication failed/);
  await first.stop();
  await first.ended;

  const second = await start('kept');
  expect(await query(second, 'SELECT number FROM house')).toEqual([{ number: 7 }]);
  expect(second.orphanPid).toBeNull();
  await second.stop();
});

test('a database is opened through its socket as well, by the same password, unless its path is too long for one', async () => {
  const server = await start('socket');
  const at = (password: string) =>
    new Client({
      host: server.socketFolder ?? '',
      port: server.port,
      user: 'postgres',
      database: 'postgres',
      password,
    });
  const client = at('secret');
  await client.connect();
  const { rows } = await client.query('SELECT inet_server_addr() AS address');
  expect(rows).toEqual([{ address: null }]);
  await client.end();
  await expect(at('guess').connect()).rejects.toThrow(/password authentication failed/);
  await server.stop();

  const far = await start('far'.repeat(30));
  expect(far.socketFolder).toBeNull();
  expect(await query(far, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await far.stop();
});

test('a process that only has the number of the former server is left alone', async () => {
  const server = await start('kept');
  await server.stop();
  const other = spawn('sleep', ['60']);
  await writeFile(join(folder, 'kept', 'postmaster.pid'), `${other.pid}\n${join(folder, 'kept')}\n`);

  const next = await start('kept');
  expect(next.orphanPid).toBeNull();
  expect(other.exitCode).toBeNull();
  expect(other.signalCode).toBeNull();
  await next.stop();
  other.kill();
});

test('what an interrupted first start left behind does not stand in the way', async () => {
  await mkdir(join(folder, 'interrupted.new', 'base'), { recursive: true });
  const server = await start('interrupted');
  expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await server.stop();
});

test('a database that cannot start says why', async () => {
  await mkdir(join(folder, 'broken'), { mode: 0o700 });
  await writeFile(join(folder, 'broken', 'PG_VERSION'), '9.6\n');
  await expect(start('broken')).rejects.toThrow(/The database did not start[\s\S]*broken/);
});

test('a throw-away database goes with the process that wanted it, even one that is killed', async () => {
  const module = new URL('../src/throw-away.ts', import.meta.url).href;
  const code = `const { url } = await (await import('${module}')).startThrowAwayPostgres(); console.log(url('postgres')); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    env: { PATH: process.env.PATH, TMPDIR: folder },
  });
  const [line] = await once(child.stdout, 'data');
  const client = new Client({ connectionString: String(line).trim() });
  await client.connect();
  client.on('error', () => undefined);
  const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
  const dataDir = rows[0]?.data_directory ?? '';
  await access(join(dataDir, '..'));

  child.kill('SIGKILL');
  await eventually(() => expect(access(join(dataDir, '..'))).rejects.toThrow(/ENOENT/));
});
