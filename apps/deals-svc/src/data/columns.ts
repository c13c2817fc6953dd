/** Cents as the domain counts them; every amount fits (the intake and the policy stop far below 2^53). */
export function toCents(column: bigint): number;
export function toCents(column: bigint | null): number | null;
export function toCents(column: bigint | null): number | null {
  return column === null ? null : Number(column);
}

/** A `date` column as a calendar day, `2019-04-01`. */
export function toDay(column: Date | null): string | null {
  return column === null ? null : column.toISOString().slice(0, 10);
}

/** A value as a `jsonb` column takes it: the driver would write a list as a list of PostgreSQL. */
export function asJson(value: unknown): string {
  return JSON.stringify(value);
}
