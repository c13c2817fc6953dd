import { randomBytes } from 'node:crypto';
import { startThrowAwayPostgres } from '@uw-wizard/local-postgres/throw-away';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { dropDatabase } from './drop-database.ts';

type Server = { adminUrl: string; prefix: string; stop(): Promise<void> };

/** Vitest loads this file once per project; what they share hangs on the process. */
const shared = globalThis as typeof globalThis & { uwPostgres?: { server: Promise<Server>; users: number } };

/**
 * One PostgreSQL for a whole run: the one of TEST_DATABASE_URL (its user needs CREATEDB), else an embedded one, which is
 * ended and deleted with the run however the run ends.
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

function startServer(): Promise<Server> {
  const prefix = `uwt_${randomBytes(4).toString('hex')}`;
  const given = process.env.TEST_DATABASE_URL;
  return given === undefined || given === '' ? startEmbedded(prefix) : useGiven(given, prefix);
}

/** Tests work as a user who is no superuser, as a service does: what needs more power fails here first. */
async function startEmbedded(prefix: string): Promise<Server> {
  const server = await startThrowAwayPostgres();
  const url = new URL(server.url('postgres'));
  await asUser(url.href, (client) => client.query(`CREATE ROLE uw LOGIN CREATEDB PASSWORD '${url.password}'`));
  url.username = 'uw';
  return { adminUrl: url.href, prefix, stop: server.stop };
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
        for (const { datname } of rows) await dropDatabase(client, datname);
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
