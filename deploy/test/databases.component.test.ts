import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startThrowAwayPostgres } from '@uw-wizard/local-postgres/throw-away';
import { migrate } from '@uw-wizard/shared/platform/migrate';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databases } from '../src/secrets/make-secrets.ts';

const scripts = join(import.meta.dirname, '..', 'postgres');

let server: Awaited<ReturnType<typeof startThrowAwayPostgres>>;

beforeAll(async () => {
  server = await startThrowAwayPostgres();
  for (const name of databases) {
    const settings = {
      database: `uw_${name}`,
      owner: `uw_${name}_owner`,
      owner_password: `${name}-owner's password`,
      runtime: `uw_${name}`,
      runtime_password: `${name}'s password`,
      worker: `uw_${name}_worker`,
      worker_password: `${name}-worker's password`,
    };
    await runScript('database.sql', server.url('postgres'), settings);
    await runScript('access.sql', server.url(`uw_${name}`), settings);
  }
  await runScript('server.sql', server.url('postgres'), {});
});
afterAll(() => server.stop());

test.each(databases)("%s's roles open their own database and no other one of the server", async (name) => {
  const others = databases.filter((other) => other !== name).map((other) => `uw_${other}`);
  for (const [user, password] of [
    [`uw_${name}`, `${name}'s password`],
    [`uw_${name}_owner`, `${name}-owner's password`],
    [`uw_${name}_worker`, `${name}-worker's password`],
  ] as const) {
    expect(await opens(user, password, `uw_${name}`)).toBe('yes');
    for (const database of [...others, 'postgres', 'template1']) {
      expect(await opens(user, password, database), `${user} in ${database}`).toMatch(/permission denied for database/);
    }
  }
});

test('a role is let in with its own password only', async () => {
  expect(await opens('uw_auth', "deals's password", 'uw_auth')).toMatch(/password authentication failed/);
});

test.each(databases)(
  '%s migrates its database as the owner and then works on the rows, and on nothing else, as the other role',
  async (name) => {
    const ownerUrl = urlAs(`uw_${name}_owner`, `${name}-owner's password`, `uw_${name}`);
    const folder = join(import.meta.dirname, '..', '..', 'apps', `${name}-svc`, 'prisma', 'migrations');
    await migrate({ url: ownerUrl, folder, roles: { runtime: `uw_${name}`, worker: `uw_${name}_worker` } });
    await as(`uw_${name}`, `${name}'s password`, `uw_${name}`, async (client) => {
      const { rows } = await client.query<{ table: string; sees: boolean; writes: boolean }>(
        `SELECT c.relname AS table, has_table_privilege(c.oid, 'SELECT') AS sees,
                has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
                  AND has_table_privilege(c.oid, 'DELETE') AS writes
           FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`,
      );
      expect(rows.length).toBeGreaterThan(5);
      expect(rows.filter(({ sees, writes }) => !sees || !writes).map(({ table }) => table)).toEqual(
        name === 'auth' ? ['_prisma_migrations', 'audit_log'] : ['_prisma_migrations'],
      );
      await expect(client.query('DROP POLICY tenant ON outbox')).rejects.toThrow(/must be owner/);
      await expect(client.query('ALTER TABLE outbox DISABLE ROW LEVEL SECURITY')).rejects.toThrow(/must be owner/);
      await expect(client.query('CREATE TEMPORARY TABLE mine (id int)')).rejects.toThrow(
        /permission denied to create temp/,
      );
      await expect(client.query(`SET ROLE uw_${name}_worker`)).rejects.toThrow(/permission denied to set role/);
      await expect(client.query('CREATE TABLE mine (id int)')).rejects.toThrow(/permission denied for schema public/);
      await expect(client.query('DROP TABLE outbox')).rejects.toThrow(/must be owner/);
      await expect(client.query('TRUNCATE outbox')).rejects.toThrow(/permission denied/);
    });
  },
);

/** Runs a script of psql's: statement by statement, with its variables filled in. */
async function runScript(name: string, url: string, settings: Record<string, string>): Promise<void> {
  const script = await readFile(join(scripts, name), 'utf8');
  const filled = script
    .replace(/^--.*$/gm, '')
    .replace(/:(["'])(\w+)\1/g, (_, quote, variable) =>
      quote === '"' ? escapeIdentifier(settings[variable] ?? '') : escapeLiteral(settings[variable] ?? ''),
    );
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of filled.split(/;\s*$/m).filter((text) => text.trim() !== '')) await client.query(statement);
  } finally {
    await client.end();
  }
}

function urlAs(user: string, password: string, database: string): string {
  const url = new URL(server.url(database));
  url.username = user;
  url.password = encodeURIComponent(password);
  return url.href;
}

async function as<T>(user: string, password: string, database: string, work: (client: Client) => Promise<T>) {
  const client = new Client({ connectionString: urlAs(user, password, database) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** "yes", or what the server says. */
function opens(user: string, password: string, database: string): Promise<string> {
  return as(user, password, database, async () => 'yes').catch((error: Error) => error.message);
}
