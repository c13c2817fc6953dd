import type { Amount } from './money.ts';
import type { RawRow, Section } from './rows.ts';

/** A row with its direction, or null for `amountCents` when nothing on the statement tells it. */
export type SignedRow = { row: RawRow; amountCents: number | null; balanceCents: number | null };

export type Balances = { beginCents: number | null; endCents: number | null };

/**
 * Gives every row its direction: from its column, its printed sign, its section, or its type; what is left over from the running
 * balance, and last from the two balances of the whole statement, where all rows in one direction explain the difference.
 */
export function signRows(rows: RawRow[], balances: Balances): SignedRow[] {
  const bySection = Map.groupBy(rows, ({ section }) => section);
  const signed = rows.map((row) => ({
    row,
    amountCents: fromColumns(row, bySection) ?? fromAmount(row, bySection),
    balanceCents: centsOf(row.cells.balance),
  }));
  const unsigned = signed.filter(({ row, amountCents }) => amountCents === null && row.cells.amount !== undefined);
  if (unsigned.length === 0) return signed;
  fromRunningBalance(signed, balances.beginCents);
  fromWhole(signed, balances);
  return signed;
}

function fromColumns({ cells, section }: RawRow, bySection: Map<Section, RawRow[]>): number | null {
  if (cells.credit === undefined && cells.debit === undefined) return null;
  const rows = bySection.get(section) ?? [];
  const minusMeansDebit = mostly(rows.flatMap(({ cells: { debit } }) => debit ?? []));
  const debit = cells.debit === undefined ? 0 : withdrawn(cells.debit, minusMeansDebit);
  return (centsOf(cells.credit) ?? 0) + debit;
}

function fromAmount({ cells: { amount }, section, type }: RawRow, bySection: Map<Section, RawRow[]>): number | null {
  if (amount === undefined) return null;
  const all = (bySection.get(section) ?? []).flatMap(({ cells }) => cells.amount ?? []);
  if (section.kind === 'credit') return centsOf(amount);
  if (section.kind === 'debit') return withdrawn(amount, mostly(all));
  if (amount.sign !== 0) return amount.sign * amount.cents;
  if (/^(?:credit|cr|deposit)s?$/i.test(type)) return amount.cents;
  if (/^(?:debit|dr|withdrawal|check|payment|fee)s?$/i.test(type)) return -amount.cents;
  // Where some rows carry a minus (or all plus signs are printed), the sign is what tells: no sign is a plus (or a minus).
  if (all.some(({ sign }) => sign < 0)) return amount.cents;
  if (all.some(({ sign }) => sign > 0)) return -amount.cents;
  return amount.cents === 0 ? 0 : null;
}

/** An amount on the debit side: a minus there is the usual sign, unless the others have none; then it is a reversal. */
function withdrawn({ cents, sign }: Amount, minusMeansDebit: boolean): number {
  if (sign === 0) return minusMeansDebit ? cents : -cents;
  if (sign > 0) return cents;
  return minusMeansDebit ? -cents : cents;
}

function mostly(amounts: Amount[]): boolean {
  return amounts.filter(({ sign }) => sign < 0).length * 2 > amounts.length;
}

function centsOf(amount: Amount | undefined): number | null {
  if (amount === undefined) return null;
  return amount.sign < 0 ? -amount.cents : amount.cents;
}

/** A balance that moved by exactly the amount tells the direction; oldest first, or newest first when that explains more rows. */
function fromRunningBalance(rows: SignedRow[], beginCents: number | null): void {
  const down = directions(rows, beginCents);
  const up = directions([...rows].reverse(), beginCents);
  const best = up.size > down.size ? up : down;
  for (const [row, direction] of best) row.amountCents = direction * (row.row.cells.amount?.cents ?? 0);
}

function directions(rows: SignedRow[], beginCents: number | null): Map<SignedRow, 1 | -1> {
  const found = new Map<SignedRow, 1 | -1>();
  let before = beginCents;
  for (const row of rows) {
    const cents = row.row.cells.amount?.cents;
    if (row.amountCents === null && cents !== undefined && before !== null && row.balanceCents !== null) {
      const moved = row.balanceCents - before;
      if (Math.abs(moved) === cents && cents > 0) found.set(row, moved > 0 ? 1 : -1);
    }
    before = row.balanceCents ?? (before === null || row.amountCents === null ? null : before + row.amountCents);
  }
  return found;
}

function fromWhole(rows: SignedRow[], { beginCents, endCents }: Balances): void {
  const open = rows.filter(({ row, amountCents }) => amountCents === null && row.cells.amount !== undefined);
  if (open.length === 0 || beginCents === null || endCents === null) return;
  const known = rows.reduce((sum, { amountCents }) => sum + (amountCents ?? 0), 0);
  const total = open.reduce((sum, { row }) => sum + (row.cells.amount?.cents ?? 0), 0);
  const missing = endCents - beginCents - known;
  if (Math.abs(missing) !== total || total === 0) return;
  for (const row of open) row.amountCents = Math.sign(missing) * (row.row.cells.amount?.cents ?? 0);
}
