import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import { escapeIdentifier } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { type DatabaseBackup, digesting, type Manifest, manifestFile, migrationsFolder, rowsFile } from './manifest.ts';
import { asOfOneMoment, type Reading, tablesOf } from './one-moment.ts';

export type BackupOptions = {
  /** A new folder, or an empty one. */
  folder: string;
  /** Each database's URL, as its owner. */
  databases: Readonly<Record<string, string>>;
  /** Where each database's migrations are. */
  migrations: (name: string) => URL;
  /** Each store under the name of the database whose rows name its files. */
  stores: Readonly<Record<string, Storage>>;
  log: (line: string) => void;
};

/**
 * Copies the databases, as of one moment, and every file into `folder`, while the services go on. Databases first: a file
 * is stored before the row that names it, so that none is missing. Throws when a row names a file that is nowhere, or when
 * this is not the release that the databases were migrated by.
 */
export async function backUp({ folder, databases, migrations, stores, log }: BackupOptions): Promise<Manifest> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await access(join(folder, manifestFile)).then(
    () => Promise.reject(new Error(`${folder} has a backup already; name another folder.`)),
    () => undefined,
  );
  const named = new Set<string>();
  const { saved, takenAt } = await asOfOneMoment(databases, async (readings, takenAt) => {
    const saved: Record<string, DatabaseBackup> = {};
    for (const reading of readings) {
      const keys = reading.name in stores ? named : new Set<string>();
      saved[reading.name] = await saveDatabase(reading, folder, migrations(reading.name), keys);
      log(
        `${reading.name}: ${Object.values(saved[reading.name]?.tables ?? {}).reduce((sum, { rows }) => sum + rows, 0)} rows`,
      );
    }
    return { saved, takenAt };
  });
  const files: Record<string, number> = {};
  for (const [name, storage] of Object.entries(stores)) {
    files[name] = await saveFiles(storage, join(folder, 'files', name), named);
    log(`${name}: ${files[name]} files`);
  }
  if (named.size > 0) {
    throw new Error(`${named.size} file(s) that rows name are not in the file store, among them ${[...named][0]}.`);
  }
  const manifest: Manifest = { version: 1, taken_at: takenAt.toISOString(), databases: saved, files };
  await writeFile(join(folder, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true });
  return manifest;
}

async function saveDatabase(
  { name, client }: Reading<string>,
  folder: string,
  scripts: URL,
  named: Set<string>,
): Promise<DatabaseBackup> {
  const applied = await client.query<{ migration_name: string; checksum: string }>(
    'SELECT migration_name, checksum FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name',
  );
  for (const migration of applied.rows) {
    await saveMigration(scripts, migration.migration_name, migration.checksum, migrationsFolder(folder, name));
  }
  const tables: DatabaseBackup['tables'] = {};
  for (const { name: table } of (await client.query<{ name: string }>(tablesOf)).rows) {
    const keys = messages.has(table) ? new Set<string>() : named;
    tables[table] = await saveTable(client, table, rowsFile(folder, name, table), keys);
  }
  const sequences = await client.query<{ name: string; next: string }>(
    `SELECT sequencename AS name, coalesce(last_value + increment_by, start_value)::text AS next
       FROM pg_sequences WHERE schemaname = 'public'`,
  );
  return {
    migrations: applied.rows.map((row) => row.migration_name),
    tables,
    sequences: Object.fromEntries(sequences.rows.map((row) => [row.name, row.next])),
  };
}

/** Tables that tell of files which may be gone since: what was said and answered, not what is. */
const messages = new Set(['outbox', 'dead_letter', 'idempotency']);

async function saveMigration(scripts: URL, name: string, checksum: string, target: string): Promise<void> {
  const script = await readFile(new URL(`${name}/migration.sql`, scripts)).catch(() => null);
  if (script === null || createHash('sha256').update(script).digest('hex') !== checksum) {
    throw new Error(
      `The migration ${name} of the database is not in ${fileURLToPath(scripts)}. Use the release that the services run.`,
    );
  }
  await mkdir(join(target, name), { recursive: true, mode: 0o700 });
  await writeFile(join(target, name, 'migration.sql'), script, { mode: 0o600, flush: true });
}

async function saveTable(client: Reading<string>['client'], table: string, path: string, named: Set<string>) {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
    [`public.${escapeIdentifier(table)}`],
  );
  const columns = rows.map(({ name }) => name);
  const list = columns.map(escapeIdentifier).join(', ');
  const copy = client.query(copyTo(`COPY ${escapeIdentifier(table)} (${list}) TO STDOUT`));
  const digested = digesting();
  const notice = noticeKeys(named);
  digested.stream.on('data', notice);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await pipeline(copy, digested.stream, createGzip(), createWriteStream(path, { mode: 0o600, flush: true }));
  return { columns, rows: copy.rowCount, sha256: digested.digest() };
}

/** Keys of files, wherever they stand in the rows that pass by; one may be cut in two by the end of a piece. */
function noticeKeys(named: Set<string>): (chunk: Buffer) => void {
  const longest = 63 + 1 + 36 + 1 + 64 + 4;
  let tail = '';
  return (chunk) => {
    const text = tail + chunk.toString('latin1');
    for (const [key] of text.matchAll(/[a-z0-9-]{1,63}\/[0-9a-f-]{36}\/[0-9a-f]{64}\.pdf/g)) named.add(key);
    tail = text.slice(-longest);
  };
}

/** Copies every file of a store, takes those it has off `named`, and says how many there are. */
async function saveFiles(storage: Storage, folder: string, named: Set<string>): Promise<number> {
  let count = 0;
  for await (const key of storage.listOlderThan(0)) {
    // The sweep may just have taken a file that no row names.
    const file = await storage.read(key);
    if (file === null) continue;
    const path = join(folder, ...key.split('/'));
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await pipeline(file.stream, createWriteStream(path, { mode: 0o600, flush: true }));
    named.delete(key);
    count += 1;
  }
  return count;
}
