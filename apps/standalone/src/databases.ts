import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startLocalPostgres } from '@uw-wizard/local-postgres/server';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import type { StandaloneConfig } from './config.ts';
import type { Secrets } from './secrets.ts';

const names = {
  auth: 'uw_auth',
  deals: 'uw_deals',
  documents: 'uw_documents',
  signing: 'uw_signing',
  sms: 'uw_sms',
} as const;

/** Whom the services are on an embedded server. */
const servicesUser = 'uw_wizard';

/** One database per service, each there and reachable at its URL. */
export type Databases = {
  readonly urls: Readonly<Record<keyof typeof names, string>>;
  /** Resolves when the server has ended by itself or by `stop`; never for a server that is not ours. */
  readonly ended: Promise<void>;
  /** Ends an embedded server: in order within `patienceMs`, else hard. */
  stop(patienceMs: number): Promise<void>;
  /** Ends an embedded server without waiting; the next start recovers what it had not written yet. */
  kill(): void;
};

/** Opens the five databases on the server of DATABASE_URL, or on an embedded one whose data is in DATA_DIR/postgres. */
export async function openDatabases(config: StandaloneConfig, secrets: Secrets): Promise<Databases> {
  if (config.databaseUrl !== undefined) {
    await createMissing(config.databaseUrl);
    const nothing = () => undefined;
    return {
      urls: urlsOn(config.databaseUrl),
      ended: new Promise(nothing),
      stop: async () => undefined,
      kill: nothing,
    };
  }
  const logs = join(config.dataDir, 'logs');
  await mkdir(logs, { recursive: true, mode: 0o700 });
  const server = await startLocalPostgres({
    dataDir: join(config.dataDir, 'postgres'),
    logFile: join(logs, 'postgres.log'),
    password: secrets.postgresPassword,
    durable: true,
  });
  try {
    await createMissing(server.url('postgres'), { name: servicesUser, password: secrets.databasePassword });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { urls: urlsOfEmbedded(server, secrets), ended: server.ended, stop: server.stop, kill: server.kill };
}

/** The databases on the embedded server, by way of its unix socket where it has one. */
export function urlsOfEmbedded(
  { port, socketFolder }: { port: number; socketFolder?: string | null },
  secrets: Secrets,
): Databases['urls'] {
  const url = new URL(`postgresql://${servicesUser}:${encodeURIComponent(secrets.databasePassword)}@127.0.0.1:${port}`);
  if (socketFolder) url.searchParams.set('host', socketFolder);
  return urlsOn(url.href);
}

/** Makes the data directory. As root the database runs as another OS user, who has to pass through it to its own part. */
export async function makeDataDir(dataDir: string): Promise<void> {
  const made = await mkdir(dataDir, { recursive: true, mode: 0o700 });
  if (made !== undefined && process.getuid?.() === 0) await chmod(dataDir, 0o711);
}

/** The services' own user is no superuser: what they are tricked into stays within their databases. */
async function createMissing(url: string, owner?: { name: string; password: string }): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    if (owner !== undefined) {
      const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [owner.name]);
      if (found.rowCount === 0) {
        await client.query(
          `CREATE ROLE ${escapeIdentifier(owner.name)} LOGIN PASSWORD ${escapeLiteral(owner.password)}`,
        );
      }
    }
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database');
    const there = new Set(rows.map((row) => row.datname));
    for (const name of Object.values(names)) {
      if (there.has(name)) continue;
      const owned = owner === undefined ? '' : ` OWNER ${escapeIdentifier(owner.name)}`;
      await client.query(`CREATE DATABASE ${escapeIdentifier(name)}${owned}`);
    }
  } finally {
    await client.end();
  }
}

function urlsOn(server: string): Databases['urls'] {
  const on = (name: string) => {
    const url = new URL(server);
    url.pathname = `/${name}`;
    return url.href;
  };
  return {
    auth: on(names.auth),
    deals: on(names.deals),
    documents: on(names.documents),
    signing: on(names.signing),
    sms: on(names.sms),
  };
}
