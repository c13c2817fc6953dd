import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { migrate } from '@uw-wizard/shared/platform/migrate';
import { createLocalStorage } from '@uw-wizard/shared/platform/storage';
import { createTestDatabase, type TestDatabase } from '@uw-wizard/testkit/postgres';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backUp } from '../src/backup/back-up.ts';
import { restore } from '../src/backup/restore.ts';

const names = ['causes', 'effects'] as const;
const platformTables = await Promise.all(
  ['tables.sql', 'tables-2.sql', 'tables-3.sql', 'tables-4.sql'].map((file) =>
    readFile(join(import.meta.dirname, '../../packages/shared/src/platform', file), 'utf8'),
  ),
);
// Every kind of thing that has to come back: text that COPY escapes, keys between tables, a counter, a computed column.
const script = `${platformTables.join('\n')}
  CREATE TABLE notes (tenant_id text NOT NULL, note text);
  SELECT guard_tenants('notes');
  CREATE TABLE folders (id int PRIMARY KEY, parent_id int REFERENCES folders (id), title text);
  CREATE TABLE entries (id bigserial PRIMARY KEY, folder_id int NOT NULL REFERENCES folders (id), cause uuid NOT NULL,
    storage_key text, body jsonb, bytes bytea, doubled bigint GENERATED ALWAYS AS (id * 2) STORED);
  INSERT INTO folders VALUES (1, NULL, 'from the migration');`;

let folder: string;
let from: Record<(typeof names)[number], TestDatabase>;
let to: Record<(typeof names)[number], TestDatabase>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uw-wizard-backup-'));
  for (const name of names) {
    await mkdir(join(folder, 'migrations', name, '1_all'), { recursive: true });
    await writeFile(join(folder, 'migrations', name, '1_all', 'migration.sql'), script);
  }
  const pair = async () => ({ causes: await createTestDatabase(), effects: await createTestDatabase() });
  [from, to] = [await pair(), await pair()];
  for (const name of names) await migrate({ url: from[name].ownerUrl, folder: join(folder, 'migrations', name) });
});
afterEach(async () => {
  for (const name of names) await Promise.all([from[name].drop(), to[name].drop()]);
  await rm(folder, { recursive: true });
});

const storeIn = (place: string) => ({ effects: createLocalStorage(join(folder, place)) });
const urlsOf = (databases: typeof from) => ({ causes: databases.causes.ownerUrl, effects: databases.effects.ownerUrl });
const save = (name = 'backup') =>
  backUp({
    folder: join(folder, name),
    databases: urlsOf(from),
    migrations: (database) => pathToFileURL(`${join(folder, 'migrations', database)}/`),
    stores: storeIn('files'),
    log: () => undefined,
  });
const putBack = (name = 'backup') =>
  restore({ folder: join(folder, name), databases: urlsOf(to), stores: storeIn('restored'), log: () => undefined });

test('what comes back is what was there, to the byte, and the next number is a new one', async () => {
  await from.causes.query('UPDATE folders SET title = $1 WHERE id = 1', ['tab \t newline \n backslash \\N “quotes”']);
  await from.causes.query('INSERT INTO folders VALUES (3, NULL, NULL), (2, 3, $1)', ['']);
  await from.causes.query(
    `INSERT INTO entries (folder_id, cause, body, bytes)
     SELECT 2, gen_random_uuid(), jsonb_build_object('n', n, 'text', repeat('é', n)), sha256(n::text::bytea)
     FROM generate_series(1, 500) n`,
  );
  await from.causes.query("INSERT INTO notes VALUES ('one', 'of one tenant'), ('two', 'of another')");
  const all = async (database: TestDatabase) => [
    await database.query('SELECT * FROM notes ORDER BY tenant_id'),
    await database.query(
      `SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname COLLATE "C"`,
    ),
    await database.query('SELECT * FROM folders ORDER BY id'),
    await database.query('SELECT * FROM entries ORDER BY id'),
    await database.query(
      "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2",
    ),
    await database.query('SELECT migration_name, checksum FROM _prisma_migrations'),
  ];
  const before = await all(from.causes);
  await save();
  await putBack();
  expect(await all(to.causes)).toEqual(before);
  const [next] = await to.causes.query<{ id: string }>(
    'INSERT INTO entries (folder_id, cause) VALUES (1, gen_random_uuid()) RETURNING id',
  );
  expect(next?.id).toBe('501');
});

test('no effect is in the backup of one database whose cause is missing in that of another, while both are written to', async () => {
  let stopped = false;
  let written = 0;
  // Two services: an effect follows at once upon its cause, in another database.
  const work = Array.from({ length: 4 }, async () => {
    const [causes, effects] = await Promise.all([connect(from.causes.ownerUrl), connect(from.effects.ownerUrl)]);
    while (!stopped) {
      const cause = randomUUID();
      await causes.query('INSERT INTO entries (folder_id, cause) VALUES (1, $1)', [cause]);
      await effects.query('INSERT INTO entries (folder_id, cause) VALUES (1, $1)', [cause]);
      written += 1;
    }
    await Promise.all([causes.end(), effects.end()]);
  });
  const torn: string[] = [];
  for (let at = 0; at < 5; at += 1) {
    const beforehand = written;
    await save(`backup-${at}`);
    const causes = new Set(await causesIn(`backup-${at}`, 'causes'));
    const effects = await causesIn(`backup-${at}`, 'effects');
    expect(effects.length).toBeGreaterThanOrEqual(beforehand);
    torn.push(...effects.filter((cause) => !causes.has(cause)));
  }
  stopped = true;
  await Promise.all(work);
  expect(torn).toEqual([]);
});

test('files come back under their keys', async () => {
  const bytes = Buffer.from('%PDF-1.7 a statement');
  const key = `demo/${randomUUID()}/${createHash('sha256').update(bytes).digest('hex')}.pdf`;
  await writeFile(join(folder, 'upload'), bytes);
  await storeIn('files').effects.put(key, join(folder, 'upload'));
  await nameFile(key);
  expect((await save()).files).toEqual({ effects: 1 });
  await putBack();
  const found = await storeIn('restored').effects.read(key);
  expect(found === null ? null : await text(found.stream)).toBe(bytes.toString());
});

test('where a row names a file that is nowhere, there is no backup', async () => {
  await nameFile(`demo/${randomUUID()}/${'0'.repeat(64)}.pdf`);
  await expect(save()).rejects.toThrow(/1 file\(s\) that rows name are not in the file store/);
  await expect(putBack()).rejects.toThrow(/not a backup, or one that was broken off/);
});

test('a backup that was changed on the way is refused, and the database stays empty of it', async () => {
  await from.causes.query("INSERT INTO folders VALUES (2, 1, 'as it was')");
  await save();
  const path = join(folder, 'backup', 'databases', 'causes', 'folders.copy.gz');
  await writeFile(
    path,
    gzipSync(
      gunzipSync(await readFile(path))
        .toString()
        .replace('as it was', 'as it is!'),
    ),
  );
  await expect(putBack()).rejects.toThrow(/The rows of folders are not those that were saved/);
  expect(await to.causes.query("SELECT * FROM folders WHERE title <> 'from the migration'")).toEqual([]);
});

test('a backup is put into nothing but empty databases, and none is written over', async () => {
  await save();
  await to.effects.query('CREATE TABLE somebody_is_here ()');
  await expect(putBack()).rejects.toThrow(/The database of effects is not empty/);
  expect(await to.causes.query("SELECT 1 FROM pg_class WHERE relname = 'folders'")).toEqual([]);
  await expect(save()).rejects.toThrow(/has a backup already/);
});

test('what the bus had is published again after a restore', async () => {
  await from.causes.query(
    `INSERT INTO outbox (id, tenant_id, subject, sequence, type, envelope, published_at)
     SELECT gen_random_uuid(), 'demo', 'deal', n, 'deal.started', '{}', now() FROM generate_series(1, 3) n`,
  );
  await save();
  await putBack();
  expect(await to.causes.query('SELECT published_at, republished FROM outbox')).toEqual(
    Array.from({ length: 3 }, () => ({ published_at: null, republished: 1 })),
  );
});

function nameFile(key: string) {
  const insert = 'INSERT INTO entries (folder_id, cause, storage_key) VALUES (1, gen_random_uuid(), $1)';
  return from.effects.query(insert, [key]);
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/** The causes that a backup's table of entries names. */
async function causesIn(name: string, database: string): Promise<string[]> {
  const rows = gunzipSync(await readFile(join(folder, name, 'databases', database, 'entries.copy.gz'))).toString();
  return rows.split('\n').flatMap((row) => row.split('\t')[2] ?? []);
}
