import { readFile } from 'node:fs/promises';
import { createTestDatabase, type TestDatabase } from '@uw-wizard/testkit/postgres';
import { createSqlClient } from '@uw-wizard/testkit/sql-client';
import { type Database, openDatabase, type SqlTx } from '../src/platform/database.ts';

/** A database that has the platform's tables and one more, `effect`, for handlers to write to. */
export type PlatformDatabase = {
  readonly database: Database<SqlTx>;
  /** For another process. */
  readonly url: string;
  readonly query: TestDatabase['query'];
  /** A second process's view of the same database. */
  another(): Database<SqlTx>;
  drop(): Promise<void>;
};

export async function createPlatformDatabase(): Promise<PlatformDatabase> {
  const test = await createTestDatabase();
  for (const file of ['tables.sql', 'tables-2.sql']) {
    await test.query(await readFile(new URL(`../src/platform/${file}`, import.meta.url), 'utf8'));
  }
  await test.query('CREATE TABLE effect (n serial PRIMARY KEY, what text NOT NULL)');
  const opened: Database<SqlTx>[] = [];
  const another = () => {
    const database = openDatabase({ url: test.url, client: () => createSqlClient(test.url) });
    opened.push(database);
    return database;
  };
  return {
    database: another(),
    url: test.url,
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
