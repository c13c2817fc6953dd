import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@uw-wizard/testkit/eventually';
import { createTestDatabase, type TestDatabase } from '@uw-wizard/testkit/postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate } from '../src/platform/migrate.ts';

let database: TestDatabase;
let folder: string;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'uw-wizard-migrations-'));
});

afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

async function write(name: string, script: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), script);
}

const run = (log?: (line: string) => void) => migrate({ url: database.ownerUrl, folder, ...(log ? { log } : {}) });

test('migrations are applied once, in the order of their names', async () => {
  await write('2_rows', "INSERT INTO house VALUES ('a; b')");
  await write('1_house', 'CREATE TABLE house (name text)');
  expect((await run()).applied).toEqual(['1_house', '2_rows']);
  expect((await run()).applied).toEqual([]);
  expect(await database.query('SELECT name FROM house')).toEqual([{ name: 'a; b' }]);
});

test('a database that ends while it is migrated fails the migration, and nothing else of the process', async () => {
  await write('1_slow', 'SELECT pg_sleep(60)');
  const migrating = run();
  const ended = expect(migrating).rejects.toThrow(/terminat/);
  await eventually(async () => {
    const sleeping =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()";
    expect(await database.query(sleeping)).toHaveLength(1);
  });
  await ended;
});

test('a function body full of semicolons is one statement', async () => {
  await write(
    '1_function',
    `CREATE FUNCTION two() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END $$`,
  );
  await run();
  expect(await database.query('SELECT two()')).toEqual([{ two: 2 }]);
});

test("what was applied is recorded the way Prisma's own tools record it", async () => {
  await write('1_house', 'CREATE TABLE house (name text)');
  await run();
  // sha256 of the script's bytes, taken with another program.
  expect(
    await database.query(
      'SELECT migration_name, checksum, applied_steps_count, finished_at IS NULL AS open FROM _prisma_migrations',
    ),
  ).toEqual([
    {
      migration_name: '1_house',
      checksum: '4825f05f9dd241b33a359b5da4d22035badc9eaf5ddec3147d4b4b6882fd69ef',
      applied_steps_count: 1,
      open: false,
    },
  ]);
});

test('eight starts at once apply every migration exactly once', async () => {
  await write('1_house', 'CREATE TABLE house (name text); SELECT pg_sleep(0.05)');
  await write('2_rows', "INSERT INTO house VALUES ('one')");
  const starts = await Promise.all(Array.from({ length: 8 }, () => run()));
  expect(starts.flatMap((start) => start.applied)).toEqual(['1_house', '2_rows']);
  expect(await database.query('SELECT count(*)::int FROM house')).toEqual([{ count: 1 }]);
});

test('a migration that fails leaves nothing behind, is named, and succeeds once it is mended', async () => {
  await write('1_house', 'CREATE TABLE house (name text)');
  await write('2_rows', "INSERT INTO house VALUES ('half'); CREATE TABLE extra (); SELECT 1 / 0");
  await expect(run()).rejects.toThrow(/2_rows failed and nothing of it was kept: division by zero/);
  expect(await database.query('SELECT count(*)::int FROM house')).toEqual([{ count: 0 }]);
  expect(await database.query("SELECT to_regclass('extra') AS extra")).toEqual([{ extra: null }]);
  await write('2_rows', "INSERT INTO house VALUES ('whole')");
  expect((await run()).applied).toEqual(['2_rows']);
});

test('a migration that was edited after it had been applied is refused by its name', async () => {
  await write('1_house', 'CREATE TABLE house (name text)');
  await run();
  await write('1_house', 'CREATE TABLE house (name text, street text)');
  await write('2_more', 'CREATE TABLE more ()');
  await expect(run()).rejects.toThrow(/1_house was edited/);
  expect(await database.query("SELECT to_regclass('more') AS more")).toEqual([{ more: null }]);
});

test('a database that a newer version has migrated is accepted with a line in the log', async () => {
  await write('1_house', 'CREATE TABLE house (name text)');
  await write('2_newer', 'ALTER TABLE house ADD street text');
  await run();
  await rm(join(folder, '2_newer'), { recursive: true });
  const lines: string[] = [];
  expect((await run((line) => lines.push(line))).applied).toEqual([]);
  expect(lines).toEqual([expect.stringContaining('2_newer')]);
});

test('a migration that another tool left half done stops the start and is named', async () => {
  await write('1_house', 'CREATE TABLE house (name text)');
  await run();
  await database.query('UPDATE _prisma_migrations SET finished_at = NULL');
  await expect(run()).rejects.toThrow(/1_house was begun by another tool/);
});
