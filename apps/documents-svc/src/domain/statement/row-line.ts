import type { Column, Table } from './columns.ts';
import { isMoney } from './columns.ts';
import type { PrintedDate } from './dates.ts';
import { dateAtStart } from './dates.ts';
import type { Line, Word } from './lines.ts';
import { cellsOf } from './lines.ts';
import type { Amount } from './money.ts';
import { amountsOf } from './money.ts';
import type { ColumnKind } from './vocabulary.ts';

/** The amounts of one row, by the column they stand in. */
export type Cells = Partial<Record<'credit' | 'debit' | 'amount' | 'balance', Amount>>;

/** One line of a table taken apart; `textX0` is where its description begins, null when it has none. */
export type RowLine = {
  date: PrintedDate | null;
  description: string;
  /** The check's number, when a column is for it; empty otherwise. */
  check: string;
  reference: string;
  type: string;
  cells: Cells;
  textX0: number | null;
};

/** Takes a line apart by the table's columns: a date, a description and amounts, each by where it stands. */
export function readRowLine(line: Line, { columns, from, to, ragged }: Table, dayFirst: boolean): RowLine | null {
  const words = line.words.filter((word) => word.x0 >= from && word.x0 < to);
  if (words.length === 0) return null;
  const placed = ragged === true ? moneyInOrder(words, columns, line.height) : moneyOf(words, columns, line.height);
  const taken = new Set(placed.flatMap(([, { first, last }]) => words.slice(first, last + 1)));
  const text = words.filter((word) => !taken.has(word));
  const byColumn = textByColumn(text, columns, line.height);
  const of = (kind: ColumnKind): Word[] =>
    columns.filter((column) => column.kind === kind).flatMap((column) => byColumn.get(column) ?? []);
  const { date, spill } = dateOf(columns, byColumn, dayFirst);
  const check = columns.find(({ kind, label }) => kind === 'reference' && /check|chk|cheque|serial/i.test(label));
  const description = of('description');
  return {
    date,
    description: `${spill} ${sentence(description)}`.trim(),
    check: check === undefined ? '' : sentence(byColumn.get(check)),
    reference: sentence(of('reference')),
    type: sentence(of('type')),
    cells: Object.fromEntries(placed.map(([{ kind }, amount]) => [kind, amount])),
    textX0: description[0]?.x0 ?? null,
  };
}

/** The row's date (of two, the one it was posted on) and what else stands in the date columns. */
function dateOf(
  columns: Column[],
  byColumn: Map<Column, Word[]>,
  dayFirst: boolean,
): { date: PrintedDate | null; spill: string } {
  const dates = columns.filter(({ kind }) => kind === 'date');
  const main = dates.find(({ label }) => /post/i.test(label)) ?? dates[0];
  let date: PrintedDate | null = null;
  const spill: string[] = [];
  for (const column of dates) {
    const text = sentence(byColumn.get(column));
    const found = dateAtStart(text, dayFirst);
    spill.push(found === null ? text : found.rest);
    if (found !== null && (column === main || date === null)) date = found.date;
  }
  return { date, spill: spill.filter((text) => text !== '').join(' ') };
}

function sentence(words: Word[] | undefined): string {
  return (words ?? []).map((word) => word.text).join(' ');
}

/**
 * Text by column. A cell that lies below one heading only is of that column, wherever it begins; where cells run together, a word
 * belongs to the last column that begins left of it, and text left of all columns to the first.
 */
function textByColumn(words: Word[], columns: Column[], height: number): Map<Column, Word[]> {
  const text = columns.filter(({ kind }) => !isMoney(kind));
  const byColumn = new Map<Column, Word[]>();
  for (const [word, cell] of cellByWord(words, height)) {
    const column = headedBy(cell, text) ?? text.findLast(({ x0 }) => x0 - 4 <= word.x0) ?? text[0];
    if (column !== undefined) byColumn.set(column, [...(byColumn.get(column) ?? []), word]);
  }
  return byColumn;
}

function cellByWord(words: Word[], height: number): [Word, Word][] {
  const cells = cellsOf({ words, height });
  return words.flatMap((word) => {
    const cell = cells.find(({ x0, x1 }) => x0 <= word.x0 && word.x1 <= x1);
    return cell === undefined ? [] : [[word, cell] as [Word, Word]];
  });
}

function headedBy(cell: Word, columns: Column[]): Column | null {
  const above = columns.filter(({ x0, x1 }) => x0 < cell.x1 && cell.x0 < x1);
  return above.length === 1 ? (above[0] ?? null) : null;
}

type MoneyColumn = Column & { kind: keyof Cells };

/**
 * Amounts by column. Only amounts in a row at the line's end (or right behind the date, when the description comes last) are
 * figures of the table; one inside a description ("PURCHASE 12.50 USD") is text. Each column takes one: the nearest.
 */
function moneyOf(words: Word[], columns: Column[], height: number): [MoneyColumn, Amount][] {
  const amounts = amountsOf({ words, height });
  const description = columns.find(({ kind }) => kind === 'description');
  const money = columns.filter((column): column is MoneyColumn => isMoney(column.kind));
  const right = money.filter(({ x0 }) => description === undefined || x0 > description.x0);
  const left = money.filter((column) => !right.includes(column));
  const placed: [MoneyColumn, Amount][] = [];
  let free = right;
  let end = endOfFigures(words, columns, height);
  for (const amount of amounts.toReversed()) {
    while (end > amount.last && /^[-–—]+$/.test(words[end]?.text ?? '')) end -= 1;
    const column = nearest(amount, free);
    if (amount.last > end) continue;
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

/** Figures that do not line up: of several at the line's end the last is the balance (where there is one), the one before the amount. */
function moneyInOrder(words: Word[], columns: Column[], height: number): [MoneyColumn, Amount][] {
  const money = columns.filter((column): column is MoneyColumn => isMoney(column.kind));
  const trailing: Amount[] = [];
  for (const amount of amountsOf({ words, height }).toReversed()) {
    if (amount.last !== (trailing[0]?.first ?? words.length) - 1) break;
    trailing.unshift(amount);
  }
  const figures = trailing.slice(-money.length);
  return figures.flatMap((amount, at) => {
    const column = money[at];
    return column === undefined ? [] : [[column, amount] as [MoneyColumn, Amount]];
  });
}

/** The last word before the text columns that stand right of all figures (a reference number). */
function endOfFigures(words: Word[], columns: Column[], height: number): number {
  const edge = Math.max(...columns.filter(({ kind }) => isMoney(kind)).map(({ x1 }) => x1));
  const after = columns.filter(({ kind, x0 }) => !isMoney(kind) && x0 > edge);
  if (after.length === 0) return words.length - 1;
  const cells = cellByWord(words, height);
  return cells.findLastIndex(
    ([word, cell]) => headedBy(cell, after) === null && !after.some(({ x0 }) => x0 - 4 <= word.x0),
  );
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
