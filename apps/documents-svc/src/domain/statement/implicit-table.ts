import type { Column, Table } from './columns.ts';
import { dateAtStart } from './dates.ts';
import type { Line } from './lines.ts';
import type { Amount } from './money.ts';
import { amountsOf } from './money.ts';

type DatedLine = { x0: number; textX0: number; amounts: Amount[] };

/**
 * The table of rows that stand under no column heading: lines that begin with a date and end with amounts. When most rows end
 * with two amounts, the last is the balance. Null when no line looks like a row.
 */
export function implicitTable(lines: Line[], dayFirst: boolean): Table | null {
  const rows = lines.flatMap((line) => datedLine(line, dayFirst) ?? []);
  const [first] = rows;
  if (first === undefined) return null;
  const figures = rows.flatMap(({ amounts }) => amounts);
  const edge = Math.max(...figures.map(({ x1 }) => x1));
  const hasBalance = rows.filter(({ amounts }) => amounts.length >= 2).length * 2 > rows.length;
  const money: Column[] = [{ kind: 'amount', x0: edge - 1, x1: edge, label: '' }];
  if (hasBalance) money.push({ kind: 'balance', x0: edge, x1: edge + 1, label: '' });
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
    ragged: true,
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

function middle(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
