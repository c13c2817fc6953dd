import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalPostgres } from '@uw-wizard/local-postgres/server';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';

type Server = { adminUrl: string; prefix: string; stop(): Promise<void> };

/** Vitest loads this file once per project; what they share hangs on the process. */
const shared = globalThis as typeof globalThis & { uwPostgres?: { server: Promise<Server>; users: number } };

/**
 * One PostgreSQL for a whole run: the one of TEST_DATABASE_URL (its user needs CREATEDB), else an embedded one in a
 * temporary folder, which is ended and deleted with the run however the run ends.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.uwPostgres ??= { server: startServer(), users: 0 };
  const mine = shared.uwPostgres;
  mine.users += 1;
  const { adminUrl, prefix, stop } = await mine.server;
  project.provide('postgres', { adminUrl, prefix });
  return async () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    delete shared.uwPostgres;
    await stop();
  };
}

async function startServer(): Promise<Server> {
  const prefix = `uwt_${randomBytes(4).toString('hex')}`;
  const given = process.env.TEST_DATABASE_URL;
  return given === undefined || given === '' ? startEmbedded(prefix) : useGiven(given, prefix);
}

async function startEmbedded(prefix: string): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'uw-wizard-test-'));
  // As root the server runs as another user, who passes through here to the data.
  await chmod(folder, 0o711);
  const password = randomBytes(16).toString('hex');
  const server = await startLocalPostgres({
    dataDir: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
    password,
    durable: false,
  });
  const guard = guardAgainstOurEnd(server.pid, folder);
  await asUser(server.url('postgres'), (client) =>
    client.query(`CREATE ROLE uw LOGIN CREATEDB PASSWORD '${password}'`),
  );
  const url = new URL(server.url('postgres'));
  url.username = 'uw';
  return { adminUrl: url.href, prefix, stop: guard.release };
}

/**
 * A shell that sees our end of its pipe close, whether the run ends well, by Ctrl-C or by kill -9, and then ends the
 * server and deletes its folder. Ended at once: the data is not wanted any more.
 */
function guardAgainstOurEnd(pid: number, folder: string): { release(): Promise<void> } {
  const script =
    'cat >/dev/null; kill -QUIT "$1"; n=0; while kill -0 "$1" && [ $n -lt 100 ]; do sleep 0.05; n=$((n+1)); done; rm -rf "$2"';
  const guard = spawn('/bin/sh', ['-c', script, 'sh', String(pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  return {
    release: () =>
      new Promise((released) => {
        guard.ref();
        guard.once('exit', () => released());
        guard.stdin.end();
      }),
  };
}

async function useGiven(adminUrl: string, prefix: string): Promise<Server> {
  return {
    adminUrl,
    prefix,
    stop: () =>
      asUser(adminUrl, async (client) => {
        const { rows } = await client.query<{ datname: string }>(
          'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
          [prefix],
        );
        for (const { datname } of rows) await client.query(`DROP DATABASE IF EXISTS "${datname}" WITH (FORCE)`);
      }),
  };
}

async function asUser<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
