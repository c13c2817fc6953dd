import type { Pool } from 'pg';
import { type BlindIndex, FieldDoesNotOpen, type FieldSeals, sealedPrefix } from './field-encryption.ts';
import { openPool } from './traced-pool.ts';

/** A column whose values are sealed, each with its place `table.column` and the row's own `row`. */
export type SealedColumn = {
  readonly table: string;
  readonly column: string;
  readonly kind: 'text' | 'jsonb';
  /** The columns by which the seal names the row, besides its tenant. */
  readonly row: readonly string[];
  /** The column of the blind index, of a value that is searched. */
  readonly index?: string;
};

/** With what the values are sealed and indexed. */
export type ResealKeys = { readonly seals: FieldSeals; readonly index?: BlindIndex };

/** Blocks of a table (8 KiB) whose rows are read and written at a time. */
const blocksAtOnce = 64;
/** How often a long column tells how far it is. */
const tellEveryMs = 5_000;

type Found = { at: string; tenant: string; row: string; value: string };
type Anew = Found & { kept: string; index: string | null };

/**
 * Seals anew, as the owner of the database behind `url`, whatever is not under the first key: what is plain, or under an
 * older key; with `none` first it opens all. A house may run beside it: a row that was changed since it was read is left
 * as it then is, and looked at again. Begun again it goes on. Gives the number of values that do not open; they stay.
 */
export async function reseal(
  url: string,
  columns: readonly SealedColumn[],
  keys: ResealKeys,
  say: (line: string) => void,
): Promise<number> {
  const pool = openPool({ connectionString: url, max: 1, connectionTimeoutMillis: 5_000 });
  try {
    let failed = 0;
    for (const column of columns) failed += await resealColumn(pool, column, keys, say);
    return failed;
  } finally {
    await pool.end();
  }
}

async function resealColumn(
  pool: Pool,
  column: SealedColumn,
  keys: ResealKeys,
  say: (line: string) => void,
): Promise<number> {
  const name = `${column.table}.${column.column}`;
  let [sealed, told] = [0, performance.now()];
  // A row that was changed meanwhile may have moved to where this pass had been: the last pass finds nothing to do.
  for (let pass = 1; ; pass += 1) {
    let [found, done] = [0, 0];
    const problems: string[] = [];
    for (let block = 0; block < (await blocksOf(pool, column.table)); block += blocksAtOnce) {
      const { anew, unopened } = sealAnew(await findDated(pool, column, keys, block), name, keys);
      found += anew.length;
      done += await write(pool, column, anew);
      problems.push(...unopened);
      if (performance.now() - told < tellEveryMs) continue;
      told = performance.now();
      say(`${name}: ${sealed + done} so far, pass ${pass}, block ${block}`);
    }
    sealed += done;
    if (found > 0) continue;
    say(`${name}: ${sealed} ${keys.seals.newest === null ? 'opened' : 'sealed anew'}`);
    const [first] = problems;
    if (first !== undefined) say(`${name}: ${problems.length} left as they are: ${first}`);
    return problems.length;
  }
}

async function blocksOf(pool: Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ blocks: number }>(
    `SELECT (pg_relation_size($1::regclass) / current_setting('block_size')::bigint)::int AS blocks`,
    [table],
  );
  return rows[0]?.blocks ?? 0;
}

/** The value as a text, whatever the column's kind. */
function valueText({ column, kind }: SealedColumn): string {
  if (kind === 'text') return `t.${column}`;
  return `CASE jsonb_typeof(t.${column}) WHEN 'string' THEN t.${column} #>> '{}' ELSE t.${column}::text END`;
}

const rowOf = ({ row }: SealedColumn) => `jsonb_build_array(${row.map((name) => `t.${name}`).join(', ')})::text`;

async function findDated(
  pool: Pool,
  column: SealedColumn,
  { seals, index }: ResealKeys,
  block: number,
): Promise<Found[]> {
  const value = valueText(column);
  const dated = [seals.newest === null ? `${value} LIKE $3` : `${value} NOT LIKE $3 AND ${value} NOT IN ('', '[]')`];
  if (column.index !== undefined)
    dated.push(seals.newest === null ? `t.${column.index} IS NOT NULL` : `coalesce(t.${column.index}, '') NOT LIKE $4`);
  const patterns = [`${seals.newest ?? sealedPrefix}%`, `${index?.newest ?? ''}%`];
  const { rows } = await pool.query<Found>(
    `SELECT t.ctid::text AS at, t.tenant_id AS tenant, ${rowOf(column)} AS row, ${value} AS value
     FROM ${column.table} t
     WHERE t.ctid >= $1::tid AND t.ctid < $2::tid AND t.${column.column} IS NOT NULL AND (${dated.join(' OR ')})`,
    [
      `(${block},0)`,
      `(${block + blocksAtOnce},0)`,
      ...patterns.slice(0, column.index === undefined || seals.newest === null ? 1 : 2),
    ],
  );
  return rows;
}

function sealAnew(found: readonly Found[], name: string, { seals, index }: ResealKeys) {
  const anew: Anew[] = [];
  const unopened: string[] = [];
  for (const each of found) {
    const place = { tenantId: each.tenant, column: name, row: JSON.parse(each.row) as string[] };
    try {
      const text = seals.open(each.value, place);
      const kept = seals.seal(text, place);
      anew.push({ ...each, kept, index: kept === text ? null : (index?.of(text, place) ?? null) });
    } catch (error) {
      if (!(error instanceof FieldDoesNotOpen)) throw error;
      unopened.push(error.message);
    }
  }
  return { anew, unopened };
}

/** Writes what is still as it was read, in one statement: the row itself, and not another in its place, with its old value. */
async function write(pool: Pool, column: SealedColumn, anew: readonly Anew[]): Promise<number> {
  if (anew.length === 0) return 0;
  const kept =
    column.kind === 'text'
      ? 'n.kept'
      : `CASE WHEN n.kept LIKE '${sealedPrefix}%' THEN to_jsonb(n.kept) ELSE n.kept::jsonb END`;
  const index = column.index === undefined ? '' : `, ${column.index} = n.index`;
  const { rowCount } = await pool.query(
    `UPDATE ${column.table} t SET ${column.column} = ${kept}${index}
     FROM unnest($1::text[]::tid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       AS n(at, tenant, row, value, kept, index)
     WHERE t.ctid = n.at AND t.tenant_id = n.tenant AND ${rowOf(column)} = n.row AND ${valueText(column)} = n.value`,
    (['at', 'tenant', 'row', 'value', 'kept', 'index'] as const).map((member) => anew.map((each) => each[member])),
  );
  return rowCount ?? 0;
}
