import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, type QueryResultRow } from 'pg';
import { databasePort } from './processes.ts';

export type BookName = 'auth' | 'deals' | 'documents' | 'signing' | 'sms';
export const bookNames: readonly BookName[] = ['auth', 'deals', 'documents', 'signing', 'sms'];

/** The databases of a house, for those who count what is really there. */
export type Books = {
  query<Row extends QueryResultRow>(name: BookName, sql: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
};

/** Opens the databases of a running house: those of `databaseUrl`'s server when it was started with one, else its own. */
export async function openBooks(house: { dataDir: string; databaseUrl?: string | undefined }): Promise<Books> {
  const server = new URL(house.databaseUrl ?? (await embeddedUrl(house.dataDir)));
  const open = new Map<BookName, Promise<Client>>();
  const book = (name: BookName): Promise<Client> => {
    const url = new URL(server);
    url.pathname = `/uw_${name}`;
    const client = open.get(name) ?? connect(url.href);
    open.set(name, client);
    return client;
  };
  return {
    async query<Row extends QueryResultRow>(name: BookName, sql: string, values: unknown[] = []) {
      return (await (await book(name)).query<Row>(sql, values)).rows;
    },
    async close() {
      await Promise.allSettled([...open.values()].map(async (client) => (await client).end()));
    },
  };
}

async function embeddedUrl(dataDir: string): Promise<string> {
  const port = databasePort(dataDir);
  if (port === null) throw new Error(`no database runs on ${dataDir}`);
  const password = (await readFile(join(dataDir, 'secrets', 'postgres-password'), 'utf8')).trim();
  return `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  // The database may be killed on purpose; the next query says so itself.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
