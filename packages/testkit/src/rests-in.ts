import { createBlindIndex, createFieldSeals, type FieldKeys } from '@uw-wizard/shared/platform/field-encryption';
import { reseal, type SealedColumn } from '@uw-wizard/shared/platform/reseal';
import type { TestDatabase } from './postgres.ts';

/** Every `table.column` of texts or JSON, of every tenant and table, in which something matches `pattern` (PostgreSQL's). */
export async function restsIn(database: Pick<TestDatabase, 'query'>, pattern: string): Promise<string[]> {
  const columns = await database.query<{ name: string; statement: string }>(
    `SELECT format('%s.%s', c.relname, a.attname) AS name,
       format('SELECT FROM %I.%I WHERE %I::text ~ $1 LIMIT 1', n.nspname, c.relname, a.attname) AS statement
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
       AND a.atttypid::regtype::text IN ('text', 'jsonb', 'json', 'character varying', 'text[]')
     ORDER BY 1`,
  );
  if (columns.length === 0) throw new Error('the database has no columns of texts');
  const found: string[] = [];
  for (const { name, statement } of columns)
    if ((await database.query(statement, [pattern])).length > 0) found.push(name);
  return found;
}

/** A pattern for digits that stand alone: not within an id, a hash or a longer number. */
export function digitsAlone(digits: string): string {
  return `(^|[^0-9A-Za-z-])${digits}([^0-9A-Za-z-]|$)`;
}

/** What `look` finds while everything that is sealed in the database is open; sealed again afterwards. */
export async function whileOpened<T>(
  database: Pick<TestDatabase, 'ownerUrl'>,
  columns: readonly SealedColumn[],
  given: { fieldKeys: FieldKeys; fieldIndexKeys?: readonly Buffer[] },
  look: () => Promise<T>,
): Promise<T> {
  const { fieldKeys, fieldIndexKeys } = given;
  const run = async (sealing: boolean) => {
    const seals = createFieldSeals({ ...fieldKeys, sealing });
    const keys = fieldIndexKeys === undefined ? { seals } : { seals, index: createBlindIndex(fieldIndexKeys) };
    const failed = await reseal(database.ownerUrl, columns, keys, () => undefined);
    if (failed > 0) throw new Error(`${failed} value(s) do not open`);
  };
  await run(false);
  try {
    return await look();
  } finally {
    await run(true);
  }
}
