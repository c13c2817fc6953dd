import { randomBytes } from 'node:crypto';
import { startThrowAwayPostgres } from '@uw-wizard/local-postgres/throw-away';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { dropDatabase } from './drop-database.ts';
import { images } from './images.ts';
import { rolesOf } from './roles.ts';
import { fetchPackages, findServer, isDockerHere } from './servers/find-server.ts';
import { startContainer } from './servers/start-container.ts';

type Server = { adminUrl: string; prefix: string; password: string; stop(): Promise<void> };
type Found = Omit<Server, 'password'>;

/** Vitest loads this file once per project; what they share hangs on the process. */
const shared = globalThis as typeof globalThis & { uwPostgres?: { server: Promise<Server>; users: number } };

/**
 * One PostgreSQL for a whole run: the one of TEST_DATABASE_URL (its user needs CREATEDB and CREATEROLE), else a container, else an
 * embedded one; what was started is ended and deleted with the run however the run ends. Also finds out once whether
 * Docker can be used and tells the workers, and fetches what the tests' other servers come from.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.uwPostgres ??= { server: startServer(), users: 0 };
  const mine = shared.uwPostgres;
  mine.users += 1;
  const { adminUrl, prefix, password, stop } = await mine.server;
  project.provide('postgres', { adminUrl, prefix, password });
  return async () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    delete shared.uwPostgres;
    await stop();
  };
}

async function startServer(): Promise<Server> {
  process.env.TEST_DOCKER = (await isDockerHere()) ? 'yes' : 'no';
  await fetchPackages();
  const prefix = `uwt_${randomBytes(4).toString('hex')}`;
  const found = await findServer<Found>({
    title: 'PostgreSQL',
    variable: 'TEST_DATABASE_URL',
    install: 'postgresql',
    given: (url) => useGiven(url, prefix),
    container: () => startInContainer(prefix),
    bundled: () => startEmbedded(prefix),
  });
  return { ...found, password: await makeRoles(found) };
}

/** Makes the roles that the services under test are; returns their password. */
async function makeRoles({ adminUrl, prefix }: Found): Promise<string> {
  const password = randomBytes(16).toString('hex');
  await asUser(adminUrl, async (client) => {
    for (const role of Object.values(rolesOf(prefix))) {
      await client.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
      // So that a test may end their connections.
      await client.query(`GRANT ${role} TO CURRENT_USER`);
    }
  });
  return password;
}

async function startEmbedded(prefix: string): Promise<Found> {
  const server = await startThrowAwayPostgres();
  return { adminUrl: await asPlainUser(server.url('postgres')), prefix, stop: server.stop };
}

async function startInContainer(prefix: string): Promise<Found> {
  const password = randomBytes(16).toString('hex');
  const urlAt = (at: { host: string; port: number }) =>
    `postgresql://postgres:${password}@${at.host}:${at.port}/postgres`;
  const careless = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200'];
  const server = await startContainer({
    name: 'PostgreSQL',
    image: images.postgres,
    port: 5432,
    env: { POSTGRES_PASSWORD: password },
    command: ['postgres', ...careless.flatMap((setting) => ['-c', setting])],
    isReady: (at) => asUser(urlAt(at), async () => true).catch(() => false),
  });
  return { adminUrl: await asPlainUser(urlAt(server)), prefix, stop: server.stop };
}

/** Tests work as a user who is no superuser, as a service does: what needs more power fails here first. */
async function asPlainUser(adminUrl: string): Promise<string> {
  const url = new URL(adminUrl);
  await asUser(adminUrl, (client) =>
    client.query(`CREATE ROLE uw LOGIN CREATEDB CREATEROLE PASSWORD '${url.password}'`),
  );
  url.username = 'uw';
  return url.href;
}

async function useGiven(adminUrl: string, prefix: string): Promise<Found> {
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
        for (const role of Object.values(rolesOf(prefix))) await client.query(`DROP ROLE ${role}`);
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
