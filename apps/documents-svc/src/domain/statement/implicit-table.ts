import type { Column, Table } from './columns.ts';
import { dateAtStart } from './dates.ts';
import type { Line } from './lines.ts';
import type { Amount } from './money.ts';
import { amountsOf } from './money.ts';

/** Right edges of one column differ by less, in points. */
const EDGE = 5;
/** A column of figures that fewer of the rows have than this share is chance. */
const ENOUGH_ROWS = 0.05;

type DatedLine = { x0: number; textX0: number; amounts: Amount[] };

/**
 * The table of rows that stand under no column heading: lines that begin with a date and end with amounts. One column of figures is the
 * amount; of several the last is the balance when most rows have it beside another. Null when no line looks like a row.
 */
export function implicitTable(lines: Line[], dayFirst: boolean): Table | null {
  const rows = lines.flatMap((line) => datedLine(line, dayFirst) ?? []);
  const [first] = rows;
  if (first === undefined) return null;
  const clusters = clustersOf(rows.flatMap(({ amounts }) => amounts)).filter(
    ({ length }) => length >= rows.length * ENOUGH_ROWS,
  );
  const edges = clusters.map((amounts) => ({
    x0: Math.min(...amounts.map(({ x0 }) => x0)),
    x1: Math.max(...amounts.map(({ x1 }) => x1)),
  }));
  const paired = rows.filter(({ amounts }) => amounts.length >= 2).length;
  const hasBalance = edges.length >= 2 && paired * 2 > rows.length;
  const money: Column[] = edges.map((edge, at) => ({
    kind: hasBalance && at === edges.length - 1 ? 'balance' : 'amount',
    ...edge,
    label: '',
  }));
  const x0 = Math.min(...rows.map((row) => row.x0));
  const textX0 = middle(rows.map((row) => row.textX0));
  return {
    columns: [
      { kind: 'date', x0, x1: x0 + 1, label: '' },
      { kind: 'description', x0: textX0, x1: textX0 + 1, label: '' },
      ...money,
    ],
    from: Number.NEGATIVE_INFINITY,
    to: Number.POSITIVE_INFINITY,
  };
}

function datedLine(line: Line, dayFirst: boolean): DatedLine | null {
  const dated = dateAtStart(line.text, dayFirst);
  if (dated === null || dated.rest === '') return null;
  const text = line.words[line.words.length - dated.rest.split(' ').length];
  const start = line.words[0];
  const amounts: Amount[] = [];
  let end = line.words.length - 1;
  for (const amount of amountsOf(line).toReversed()) {
    if (amount.last !== end) break;
    amounts.unshift(amount);
    end = amount.first - 1;
  }
  if (text === undefined || start === undefined || amounts.length === 0 || amounts[0]?.x0 === text.x0) return null;
  return { x0: start.x0, textX0: text.x0, amounts };
}

function clustersOf(amounts: Amount[]): Amount[][] {
  const clusters: Amount[][] = [];
  for (const amount of [...amounts].sort((a, b) => a.x1 - b.x1)) {
    const last = clusters.at(-1);
    if (last !== undefined && amount.x1 - (last.at(-1)?.x1 ?? 0) < EDGE) last.push(amount);
    else clusters.push([amount]);
  }
  return clusters;
}

function middle(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
