import type { PlainTx } from './plain-tx.ts';

/** A table whose columns are its fields in snake_case. Values are given as the driver takes them: JSON as text. */
export type PlainTable<Field extends string> = {
  readonly fields: readonly Field[];
  /** Each column, or those of `some`, under its field's name behind `prefix`, for a SELECT from `alias`. */
  columns(alias: string, prefix?: string, some?: readonly Field[]): string;
  /** Adds rows; waits for nothing, the transaction fails with it. `onConflict` is a constant, what follows ON CONFLICT. */
  insert(tx: PlainTx, rows: readonly Readonly<Record<Field, unknown>>[], onConflict?: string): void;
  /** Changes the row of the tenant that has this id; waits for nothing. */
  update(tx: PlainTx, key: { tenantId: string; id: string }, changes: Readonly<Partial<Record<Field, unknown>>>): void;
};

/** Describes a table by its name and fields. */
export function plainTable<Field extends string>(name: string, fields: readonly Field[]): PlainTable<Field> {
  const names = fields.map(columnOf).join(', ');
  return {
    fields,
    columns: (alias, prefix = '', some = fields) =>
      some.map((field) => `${alias}.${columnOf(field)} AS "${prefix}${field}"`).join(', '),
    insert(tx, rows, onConflict) {
      if (rows.length === 0) return;
      const places = rows.map((_, row) => `(${fields.map((_, at) => `$${row * fields.length + at + 1}`).join(', ')})`);
      tx.later(
        `INSERT INTO ${name} (${names}) VALUES ${places.join(', ')}${onConflict ? ` ON CONFLICT ${onConflict}` : ''}`,
        rows.flatMap((row) => fields.map((field) => row[field])),
      );
    },
    update(tx, { tenantId, id }, changes) {
      const changed = fields.filter((field) => field in changes);
      if (changed.length === 0) return;
      const sets = changed.map((field, at) => `${columnOf(field)} = $${at + 3}`);
      tx.later(`UPDATE ${name} SET ${sets.join(', ')} WHERE tenant_id = $1 AND id = $2`, [
        tenantId,
        id,
        ...changed.map((field) => changes[field]),
      ]);
    },
  };
}

/** What `after` has otherwise than `before`: a shallow look, which takes a new object for a new value. */
export function changesOf<Row extends object>(before: Row, after: Row): Partial<Row> {
  const changes: Partial<Row> = {};
  for (const field in after) if (before[field] !== after[field]) changes[field] = after[field];
  return changes;
}

/** What `before` has of the fields that changed. */
export function valuesBefore<Row extends object>(before: Row, changes: Partial<Row>): Partial<Row> {
  const values: Partial<Row> = {};
  for (const field in changes) values[field] = before[field];
  return values;
}

/** The column of a field. */
export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
