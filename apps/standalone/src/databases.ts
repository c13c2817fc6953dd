import { createHmac } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
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

type Name = keyof typeof names;

/** Who owns the databases of an embedded server, and migrates them. */
const ownerName = 'uw_wizard';

/** The URLs of a service's database: for its calls and events, for its outbox and sweeps, for its migrations. */
export type DatabaseUrls = { readonly runtime: string; readonly worker: string; readonly owner: string };

/** One database per service, each there and reachable at its URL. */
export type Databases = {
  readonly urls: Readonly<Record<Name, DatabaseUrls>>;
  /** What a service should take at a time; null: the server is not ours to judge. */
  readonly connectionsEach: number | null;
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
    const { mayMakeRoles } = await createMissing(config.databaseUrl, secrets);
    const nothing = () => undefined;
    return {
      urls: urlsOn(config.databaseUrl, mayMakeRoles ? secrets : null),
      connectionsEach: null,
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
    await createMissing(server.url('postgres'), secrets, ownerName);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const { ended, stop, kill } = server;
  return { urls: urlsOfEmbedded(server, secrets), connectionsEach: connectionsEach(), ended, stop, kill };
}

/**
 * One more than there are processors: the house and its database share them, and what cannot be worked on waits better here,
 * where it holds no lock and no process with caches of its own (docs/performance.md).
 */
function connectionsEach(): number {
  return Math.min(10, Math.max(3, availableParallelism() + 1));
}

/** The databases on the embedded server, by way of its unix socket where it has one. */
export function urlsOfEmbedded(
  { port, socketFolder }: { port: number; socketFolder?: string | null },
  secrets: Secrets,
): Databases['urls'] {
  const url = new URL(`postgresql://${ownerName}:${encodeURIComponent(secrets.databasePassword)}@127.0.0.1:${port}`);
  if (socketFolder) url.searchParams.set('host', socketFolder);
  return urlsOn(url.href, secrets);
}

/** Makes the data directory. As root the database runs as another OS user, who has to pass through it to its own part. */
export async function makeDataDir(dataDir: string): Promise<void> {
  const made = await mkdir(dataDir, { recursive: true, mode: 0o700 });
  if (made !== undefined && process.getuid?.() === 0) await chmod(dataDir, 0o711);
}

/** The role of a service for its calls and events, and that for its outbox and sweeps. */
function rolesOf(name: Name): { runtime: string; worker: string } {
  return { runtime: names[name], worker: `${names[name]}_worker` };
}

/** One secret is kept; each role has a password of its own that follows from it. */
function passwordOf(role: string, secrets: Secrets): string {
  return createHmac('sha256', secrets.databasePassword).update(role).digest('base64url');
}

/**
 * Makes the databases, with `owner` when it is given, and the services' roles: none of them is a superuser, and what a
 * service is tricked into stays within its database and, in there, its tenant. A user of the server who may make databases
 * and no roles is every service's only one.
 */
async function createMissing(url: string, secrets: Secrets, owner?: string): Promise<{ mayMakeRoles: boolean }> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows: mine } = await client.query<{ may: boolean }>(
      'SELECT rolsuper OR rolcreaterole AS may FROM pg_roles WHERE rolname = current_user',
    );
    const mayMakeRoles = mine[0]?.may === true;
    if (owner !== undefined) await ensureRole(client, owner, secrets.databasePassword, false);
    for (const name of mayMakeRoles ? (Object.keys(names) as Name[]) : []) {
      for (const role of Object.values(rolesOf(name)))
        await ensureRole(client, role, passwordOf(role, secrets), owner === undefined);
    }
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database');
    const there = new Set(rows.map((row) => row.datname));
    for (const name of Object.values(names)) {
      if (there.has(name)) continue;
      const owned = owner === undefined ? '' : ` OWNER ${escapeIdentifier(owner)}`;
      await client.query(`CREATE DATABASE ${escapeIdentifier(name)}${owned}`);
    }
    return { mayMakeRoles };
  } finally {
    await client.end();
  }
}

/** Makes the role; one that is there gets the password when the server is `shared`: another house may have made it. */
async function ensureRole(client: Client, role: string, password: string, shared: boolean): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (found.rowCount !== 0 && !shared) return;
  const verb = found.rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(`${verb} ROLE ${escapeIdentifier(role)} LOGIN PASSWORD ${escapeLiteral(password)}`);
}

/** The owner is the user of `server`; without secrets so is everybody. */
function urlsOn(server: string, secrets: Secrets | null): Databases['urls'] {
  const urlsOf = (name: Name): DatabaseUrls => {
    const owner = new URL(server);
    owner.pathname = `/${names[name]}`;
    const as = (role: string) => {
      if (secrets === null) return owner.href;
      const url = new URL(owner);
      url.username = role;
      url.password = passwordOf(role, secrets);
      return url.href;
    };
    const { runtime, worker } = rolesOf(name);
    return { runtime: as(runtime), worker: as(worker), owner: owner.href };
  };
  return {
    auth: urlsOf('auth'),
    deals: urlsOf('deals'),
    documents: urlsOf('documents'),
    signing: urlsOf('signing'),
    sms: urlsOf('sms'),
  };
}
