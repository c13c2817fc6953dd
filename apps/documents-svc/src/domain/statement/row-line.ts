import type { Column, Table } from './columns.ts';
import { isMoney } from './columns.ts';
import type { PrintedDate } from './dates.ts';
import { dateAtStart } from './dates.ts';
import type { Line, Word } from './lines.ts';
import type { Amount } from './money.ts';
import { amountsOf } from './money.ts';
import type { ColumnKind } from './vocabulary.ts';

/** The amounts of one row, by the column they stand in. */
export type Cells = Partial<Record<'credit' | 'debit' | 'amount' | 'balance', Amount>>;

/** One line of a table taken apart; `textX0` is where its description begins, null when it has none. */
export type RowLine = {
  date: PrintedDate | null;
  description: string;
  reference: string;
  type: string;
  cells: Cells;
  textX0: number | null;
};

/** Takes a line apart by the table's columns: a date, a description and amounts, each by where it stands. */
export function readRowLine(line: Line, { columns, from, to }: Table, dayFirst: boolean): RowLine | null {
  const words = line.words.filter((word) => word.x0 >= from && word.x0 < to);
  if (words.length === 0) return null;
  const placed = moneyOf(words, columns, line.height);
  const taken = new Set(placed.flatMap(([, { first, last }]) => words.slice(first, last + 1)));
  const text = words.filter((word) => !taken.has(word));
  const byColumn = Map.groupBy(text, (word) => textColumnOf(word, columns));
  const dates = columns.filter(({ kind }) => kind === 'date');
  const main = dates.find(({ label }) => /post/i.test(label)) ?? dates[0];
  let date: PrintedDate | null = null;
  let spill = '';
  for (const column of dates) {
    const found = dateAtStart(sentence(byColumn.get(column)), dayFirst);
    if (found === null) spill = `${spill} ${sentence(byColumn.get(column))}`.trim();
    else {
      if (column === main || date === null) date = found.date;
      spill = `${spill} ${found.rest}`.trim();
    }
  }
  const words0 = of(columns, byColumn, 'description');
  return {
    date,
    description: `${spill} ${sentence(words0)}`.trim(),
    reference: sentence(of(columns, byColumn, 'reference')),
    type: sentence(of(columns, byColumn, 'type')),
    cells: Object.fromEntries(placed.map(([{ kind }, amount]) => [kind, amount])),
    textX0: words0[0]?.x0 ?? null,
  };
}

function of(columns: Column[], byColumn: Map<Column | null, Word[]>, kind: ColumnKind): Word[] {
  return columns.filter((column) => column.kind === kind).flatMap((column) => byColumn.get(column) ?? []);
}

function sentence(words: Word[] | undefined): string {
  return (words ?? []).map((word) => word.text).join(' ');
}

/** The last text column that begins left of the word; text left of all columns belongs to the first. */
function textColumnOf(word: Word, columns: Column[]): Column | null {
  const text = columns.filter(({ kind }) => !isMoney(kind));
  return text.findLast(({ x0 }) => x0 - 4 <= word.x0) ?? text[0] ?? null;
}

/**
 * Amounts by column. Only amounts in a row at the line's end (or right behind the date, when the description comes last) are
 * figures of the table; one inside a description ("PURCHASE 12.50 USD") is text. Each column takes one: the nearest.
 */
function moneyOf(words: Word[], columns: Column[], height: number): [Column & { kind: keyof Cells }, Amount][] {
  const amounts = amountsOf({ words, height });
  const description = columns.find(({ kind }) => kind === 'description');
  const money = columns.filter((column): column is Column & { kind: keyof Cells } => isMoney(column.kind));
  const right = money.filter(({ x0 }) => description === undefined || x0 > description.x0);
  const left = money.filter((column) => !right.includes(column));
  const placed: [Column & { kind: keyof Cells }, Amount][] = [];
  let free = right;
  let end = words.length - 1;
  for (const amount of amounts.toReversed()) {
    while (end > amount.last && /^[-–—]+$/.test(words[end]?.text ?? '')) end -= 1;
    const column = nearest(amount, free);
    if (amount.last !== end || column === null || distance(amount, column) > height * 12) break;
    placed.push([column, amount]);
    free = free.slice(0, free.indexOf(column));
    end = amount.first - 1;
  }
  for (const amount of amounts) {
    const column = nearest(amount, left);
    if (column === null || placed.some(([, other]) => other === amount)) continue;
    if (description !== undefined && amount.x0 > description.x0 - 4) break;
    if (!placed.some(([other]) => other === column)) placed.push([column, amount]);
  }
  return placed;
}

function nearest<C extends Column>(amount: Amount, columns: C[]): C | null {
  let best: C | null = null;
  for (const column of columns) {
    if (best === null || closeness(amount, column) < closeness(amount, best)) best = column;
  }
  return best;
}

/** Gap first; of two columns that both touch the amount, the one whose right edge or left edge is nearer. */
function closeness(amount: Amount, column: Column): number {
  const edges = Math.min(Math.abs(amount.x1 - column.x1), Math.abs(amount.x0 - column.x0));
  return distance(amount, column) + edges / 1000;
}

function distance(amount: Amount, column: Column): number {
  return Math.max(0, column.x0 - amount.x1, amount.x0 - column.x1);
}
