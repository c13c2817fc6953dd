import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { migrate } from '@uw-wizard/shared/platform/migrate';
import { republish } from '@uw-wizard/shared/platform/republish';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import { Client, escapeIdentifier, Pool } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import {
  type DatabaseBackup,
  digesting,
  type Manifest,
  migrationsFolder,
  readManifest,
  rowsFile,
  type TableBackup,
} from './manifest.ts';

export type RestoreOptions = {
  folder: string;
  /** Each database's URL, as its owner. */
  databases: Readonly<Record<string, string>>;
  stores: Readonly<Record<string, Storage>>;
  log: (line: string) => void;
};

/** As long as the bus keeps events: what is older was either handled or is with the dead letters. */
const busKeepsMs = 7 * 86_400_000;

/**
 * Puts a backup into empty databases and a file store, with no service running: the schema by the backup's own migrations,
 * then the rows, each database in one transaction, then the files. Every digest is checked. Last, the events that the bus
 * kept are marked to be published again, because the new bus has none; consumers drop those they have handled. Throws, and
 * leaves that database empty, when one has tables already or anything is not what the manifest says.
 */
export async function restore({ folder, databases, stores, log }: RestoreOptions): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const missing = Object.keys(manifest.databases).filter((name) => databases[name] === undefined);
  if (missing.length > 0) throw new Error(`The backup has databases that were not named: ${missing.join(', ')}.`);
  const targets = Object.entries(manifest.databases).map(([name, saved]) => ({
    name,
    saved,
    url: databases[name] ?? '',
  }));
  for (const { name, url } of targets) await withClient(url, (client) => refuseUnlessEmpty(client, name));
  for (const { name, saved, url } of targets) {
    await migrate({ url, folder: migrationsFolder(folder, name) });
    await withClient(url, (client) => fillDatabase(client, name, saved, folder));
    log(`${name}: ${Object.values(saved.tables).reduce((sum, { rows }) => sum + rows, 0)} rows`);
  }
  for (const [name, count] of Object.entries(manifest.files)) {
    const storage = stores[name];
    if (storage === undefined) throw new Error(`The backup has files of ${name}, whose store was not named.`);
    const restored = await restoreFiles(storage, join(folder, 'files', name));
    if (restored !== count) throw new Error(`${name}: the backup has ${restored} files, its manifest says ${count}.`);
    log(`${name}: ${count} files`);
  }
  const since = new Date(Date.parse(manifest.taken_at) - busKeepsMs);
  for (const { name, url } of targets) {
    const pool = new Pool({ connectionString: url, max: 1 });
    try {
      const count = await republish(pool, { since, until: new Date() });
      log(`${name}: ${count} events will be published again`);
    } finally {
      await pool.end();
    }
  }
  return manifest;
}

async function refuseUnlessEmpty(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')`,
  );
  if (rows[0]?.count !== '0') {
    throw new Error(
      `The database of ${name} is not empty. A backup is put into new databases only, before any service runs.`,
    );
  }
}

/** Rows go in without foreign keys, which are then made again and checked; nothing of it is kept when anything fails. */
async function fillDatabase(client: Client, name: string, saved: DatabaseBackup, folder: string): Promise<void> {
  await client.query('BEGIN');
  const keys = await client.query<{ table: string; name: string; definition: string }>(
    `SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition
       FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`,
  );
  for (const key of keys.rows) {
    await client.query(`ALTER TABLE ${key.table} DROP CONSTRAINT ${escapeIdentifier(key.name)}`);
  }
  const guards = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity`,
  );
  const guarded = new Set(guards.rows.map((row) => row.name));
  for (const [table, backup] of Object.entries(saved.tables)) {
    const quoted = escapeIdentifier(table);
    await client.query(`ALTER TABLE ${quoted} DISABLE TRIGGER USER`);
    // The rows of all tenants go in, by a COPY that row-level security does not know.
    if (guarded.has(table)) await client.query(`ALTER TABLE ${quoted} DISABLE ROW LEVEL SECURITY`);
    // What a migration puts in is in the backup too, as it was by then.
    await client.query(`DELETE FROM ${quoted}`);
    await fillTable(client, table, backup, rowsFile(folder, name, table));
    if (guarded.has(table)) await client.query(`ALTER TABLE ${quoted} ENABLE ROW LEVEL SECURITY`);
    await client.query(`ALTER TABLE ${quoted} ENABLE TRIGGER USER`);
  }
  for (const [sequence, next] of Object.entries(saved.sequences)) {
    await client.query('SELECT setval($1::regclass, $2::bigint, false)', [escapeIdentifier(sequence), next]);
  }
  for (const key of keys.rows) {
    await client.query(`ALTER TABLE ${key.table} ADD CONSTRAINT ${escapeIdentifier(key.name)} ${key.definition}`);
  }
  await client.query('COMMIT');
  await client.query('ANALYZE');
}

async function fillTable(client: Client, table: string, backup: TableBackup, path: string): Promise<void> {
  const list = backup.columns.map(escapeIdentifier).join(', ');
  const copy = client.query(copyFrom(`COPY ${escapeIdentifier(table)} (${list}) FROM STDIN`));
  const digested = digesting();
  await pipeline(createReadStream(path), createGunzip(), digested.stream, copy);
  if (copy.rowCount !== backup.rows || digested.digest() !== backup.sha256) {
    throw new Error(`The rows of ${table} are not those that were saved: ${path} was changed or is damaged.`);
  }
}

/** Stores every file below `folder` (the store checks that its bytes are its key's) and says how many there were. */
async function restoreFiles(storage: Storage, folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths) {
    await storage.put(
      path
        .slice(folder.length + 1)
        .split(sep)
        .join('/'),
      path,
    );
  }
  return paths.length;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
