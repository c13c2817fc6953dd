import { migrationsFolder as auth } from '@uw-wizard/auth-svc/service';
import { migrationsFolder as deals } from '@uw-wizard/deals-svc/service';
import { migrationsFolder as documents } from '@uw-wizard/documents-svc/service';
import { type Database, openDatabase, type SqlTx } from '@uw-wizard/shared/platform/database';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { migrationsFolder as signing } from '@uw-wizard/signing-svc/service';
import { migrationsFolder as sms } from '@uw-wizard/sms-svc/service';
import { createTestDatabase, type TestDatabase } from '@uw-wizard/testkit/postgres';
import { createSqlClient } from '@uw-wizard/testkit/sql-client';
import { escapeIdentifier } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** A table that says whose its rows are, and by which column. */
type TenantTable = { name: string; tenant: string };

describe.each(Object.entries({ auth, deals, documents, signing, sms }))('in the database of %s-svc', (_, folder) => {
  let own: TestDatabase;
  let database: Database<SqlTx>;
  let tables: TenantTable[];

  beforeAll(async () => {
    own = await createTestDatabase(folder);
    database = openDatabase({
      url: own.url,
      workerUrl: own.workerUrl,
      client: () => createSqlClient(own.url),
    });
    tables = await own.query<TenantTable>(
      `SELECT c.relname AS name, attname AS tenant FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT attisdropped
          AND (attname = 'tenant_id' OR c.relname = 'tenants' AND attname = 'id') ORDER BY 1`,
    );
    await dropRules(own);
    for (const table of tables) for (const tenant of ['one', 'two']) await addRow(own, table, tenant);
  });
  afterAll(async () => {
    await database.close();
    await own.drop();
  });

  const asTenant = <T>(tenant: string, work: (tx: PlainTx) => Promise<T>) => database.plain.withTenant(tenant, work);
  const count = ({ name }: TenantTable) => `SELECT count(*)::int AS n FROM ${escapeIdentifier(name)}`;

  test('a query that names no tenant sees the rows of its transaction’s tenant and nothing of another one, in every table', async () => {
    const expected = Object.fromEntries(tables.map(({ name }) => [name, 1]));
    const seen = await asTenant('one', async (tx) => {
      const counts: [string, number | undefined][] = [];
      for (const table of tables) counts.push([table.name, (await tx.rows<{ n: number }>(count(table)))[0]?.n]);
      return Object.fromEntries(counts);
    });
    expect(tables.length).toBeGreaterThanOrEqual(8);
    expect(seen).toEqual(expected);
  });

  test('rows of another tenant are neither changed nor deleted, in any table', async () => {
    const touched = await asTenant('one', async (tx) => {
      const counts: number[] = [];
      for (const { name, tenant } of tables.filter(isChanged)) {
        const [table, column] = [escapeIdentifier(name), escapeIdentifier(tenant)];
        counts.push(await tx.run(`UPDATE ${table} SET ${column} = ${column} WHERE ${column} = 'two'`));
        counts.push(await tx.run(`DELETE FROM ${table} WHERE ${column} = 'two'`));
      }
      return counts;
    });
    expect(new Set(touched)).toEqual(new Set([0]));
    for (const table of tables) expect(await own.query(count(table)), table.name).toEqual([{ n: 2 }]);
  });

  test('no row is written for another tenant, or given to one, in any table', async () => {
    for (const table of tables) {
      const insert = await insertOf(own, table, 'two');
      await expect(
        asTenant('one', (tx) => tx.run(insert)),
        table.name,
      ).rejects.toThrow(/row-level security/);
      if (!isChanged(table)) continue;
      const given = `UPDATE ${escapeIdentifier(table.name)} SET ${escapeIdentifier(table.tenant)} = 'two'`;
      await expect(
        asTenant('one', (tx) => tx.run(given)),
        table.name,
      ).rejects.toThrow(/row-level security/);
    }
  });

  test('without a tenant nothing is seen, in any table', async () => {
    for (const table of tables) {
      expect((await database.pool.query(count(table))).rows, table.name).toEqual([{ n: 0 }]);
      expect(await asTenant('', (tx) => tx.rows(count(table))), table.name).toEqual([{ n: 0 }]);
    }
  });

  test('the worker sees all tenants in the tables that it needs, and reads no others', async () => {
    for (const table of tables) {
      const read = database.worker.query<{ n: number }>(count(table)).then(
        ({ rows }) => rows[0]?.n,
        (error: Error) => error.message,
      );
      expect([2, `permission denied for table ${table.name}`], table.name).toContain(await read);
    }
    for (const name of ['outbox', 'inbox', 'dead_letter', 'idempotency', 'erased_merchant'])
      expect((await database.worker.query(count({ name, tenant: '' }))).rows, name).toEqual([{ n: 2 }]);
  });

  test('neither role makes a table, or lifts what keeps tenants apart', async () => {
    for (const pool of [database.pool, database.worker]) {
      await expect(pool.query('CREATE TABLE mine (id int)')).rejects.toThrow(/permission denied for schema public/);
      await expect(pool.query('DROP POLICY tenant ON outbox')).rejects.toThrow(/must be owner/);
      await expect(pool.query('ALTER TABLE outbox DISABLE ROW LEVEL SECURITY')).rejects.toThrow(/must be owner/);
      await expect(pool.query(`SELECT guard_tenants('outbox')`)).rejects.toThrow(/permission denied for function/);
    }
  });

  test('functions that look past the tenant fix their search path and are called by the runtime role only', async () => {
    const rows = await own.query<{ name: string; fixed: boolean; open: boolean; worker: boolean }>(
      `SELECT proname AS name, coalesce(proconfig::text ~ 'search_path=pg_catalog, pg_temp', false) AS fixed,
         has_function_privilege('public', oid, 'EXECUTE') AS open, has_function_privilege($1, oid, 'EXECUTE') AS worker
       FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef`,
      [new URL(own.workerUrl).username],
    );
    expect(rows.filter(({ fixed, open, worker }) => !fixed || open || worker)).toEqual([]);
  });
});

/** Rows of the audit log are never changed, by anybody. */
function isChanged({ name }: TenantTable): boolean {
  return name !== 'audit_log';
}

/** Rows are made up here: whatever rules there are between them say nothing about tenants. */
async function dropRules(database: TestDatabase): Promise<void> {
  const rules = await database.query<{ statement: string }>(
    `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS statement FROM pg_constraint
      WHERE contype IN ('f', 'c') AND conrelid <> 0 AND connamespace = 'public'::regnamespace`,
  );
  for (const { statement } of rules) await database.query(statement);
}

async function addRow(database: TestDatabase, table: TenantTable, tenant: string): Promise<void> {
  await database.query(await insertOf(database, table, tenant));
}

/** A row of `tenant` with something in each column that asks for it. */
async function insertOf(database: TestDatabase, { name, tenant: column }: TenantTable, tenant: string) {
  const columns = await database.query<{ name: string; value: string }>(
    `SELECT attname AS name, CASE
         WHEN t.typtype = 'e' THEN quote_literal((SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder LIMIT 1))
         WHEN t.typname = 'uuid' THEN 'gen_random_uuid()'
         WHEN t.typname = 'text' THEN 'gen_random_uuid()::text'
         WHEN t.typname IN ('jsonb', 'json') THEN '''{}'''
         WHEN t.typname = 'bool' THEN 'false'
         WHEN t.typname = 'bytea' THEN ''''''
         WHEN t.typcategory = 'D' THEN 'now()'
         WHEN t.typcategory = 'A' THEN '''{}'''
         ELSE '1' END AS value
       FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = ''
        AND attname <> $2`,
    [`public.${escapeIdentifier(name)}`, column],
  );
  const names = [column, ...columns.map((each) => each.name)].map(escapeIdentifier);
  const values = [`'${tenant}'`, ...columns.map(({ value }) => value)];
  return `INSERT INTO ${escapeIdentifier(name)} (${names.join(', ')}) VALUES (${values.join(', ')})`;
}
