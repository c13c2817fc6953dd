import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@uw-wizard/testkit/postgres';
import { createSqlClient } from '@uw-wizard/testkit/sql-client';
import { type Database, openDatabase, type SqlTx } from '../src/platform/database.ts';

/** A database that has the platform's tables and one more, `effect`, for handlers to write to. */
export type PlatformDatabase = {
  readonly database: Database<SqlTx>;
  /** For another process. */
  readonly url: string;
  readonly workerUrl: string;
  readonly query: TestDatabase['query'];
  /** A second process's view of the same database. */
  another(options?: { maxConnections?: number }): Database<SqlTx>;
  drop(): Promise<void>;
};

export async function createPlatformDatabase(): Promise<PlatformDatabase> {
  folder ??= makeMigrations();
  const test = await createTestDatabase(await folder);
  // Of tables that a test makes for itself.
  const { username } = new URL(test.url);
  await test.query(
    `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${username}`,
  );
  const opened: Database<SqlTx>[] = [];
  const another = (options: { maxConnections?: number } = {}) => {
    const database = openDatabase({
      ...options,
      url: test.url,
      workerUrl: test.workerUrl,
      client: () => createSqlClient(test.url),
    });
    opened.push(database);
    return database;
  };
  return {
    database: another(),
    url: test.url,
    workerUrl: test.workerUrl,
    query: test.query,
    another,
    async drop() {
      for (const database of opened) await database.close();
      await test.drop();
    },
  };
}

/** What handlers have written, in the order of their commits' statements. */
export async function effects(db: Pick<PlatformDatabase, 'query'>): Promise<string[]> {
  return (await db.query<{ what: string }>('SELECT what FROM effect ORDER BY n')).map(({ what }) => what);
}

const ownTables = 'CREATE TABLE effect (n serial PRIMARY KEY, what text NOT NULL)';
let folder: Promise<string> | undefined;

/** The platform's migrations and ours, in a folder that lasts as long as this process. */
async function makeMigrations(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'uw-platform-'));
  process.once('exit', () => rmSync(made, { recursive: true }));
  const platform = ['tables.sql', 'tables-2.sql', 'tables-3.sql', 'tables-4.sql'].map((file) =>
    readFile(new URL(`../src/platform/${file}`, import.meta.url)),
  );
  for (const [number, script] of [...(await Promise.all(platform)), ownTables].entries()) {
    await mkdir(join(made, String(number)));
    await writeFile(join(made, String(number), 'migration.sql'), script);
  }
  return made;
}
