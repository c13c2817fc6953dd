/** Cents as the database keeps them. */
export function toBigint(cents: number): bigint;
export function toBigint(cents: number | null): bigint | null;
export function toBigint(cents: number | null): bigint | null {
  return cents === null ? null : BigInt(cents);
}

/** Cents as the domain counts them; every amount fits (the intake and the policy stop far below 2^53). */
export function toCents(column: bigint): number;
export function toCents(column: bigint | null): number | null;
export function toCents(column: bigint | null): number | null {
  return column === null ? null : Number(column);
}

/** A calendar day as a `date` column takes it. */
export function toDateColumn(day: string | null): Date | null {
  return day === null ? null : new Date(`${day}T00:00:00Z`);
}

/** A `date` column as a calendar day, `2019-04-01`. */
export function toDay(column: Date | null): string | null {
  return column === null ? null : column.toISOString().slice(0, 10);
}
