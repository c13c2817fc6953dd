import type { Line, Word } from './lines.ts';
import { cellsOf } from './lines.ts';
import type { ColumnKind } from './vocabulary.ts';
import { COLUMN_KINDS, CREDIT_COLUMN, DEBIT_COLUMN, HEADING_WORDS } from './vocabulary.ts';

/** A column: its meaning and where its heading stands. */
export type Column = { kind: ColumnKind; x0: number; x1: number; label: string };

/** Columns that belong together. A page may carry several side by side (checks in two columns): `from` and `to` bound one of them.
 * In a `ragged` one the figures do not line up: the last of several is the balance. */
export type Table = { columns: Column[]; from: number; to: number; ragged?: true };

/** A heading found at lines `first` to `last`, with the tables it opens, from left to right. */
export type Heading = { first: number; last: number; tables: Table[] };

const MONEY: ColumnKind[] = ['credit', 'debit', 'amount', 'balance'];
/** Lines of one heading follow each other within this share of the letters' height. */
const STACK_GAP = 1.7;

/** All column headings of a document; a heading may be stacked on several lines ("Withdrawals /" above "Debits"). */
export function headingsOf(lines: Line[]): Heading[] {
  const found: Heading[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    if (line === undefined || !isHeadingLine(line) || !/\bdate\b|\bposted\b/i.test(line.text)) continue;
    let [first, last] = [at, at];
    while (first - 1 > (found.at(-1)?.last ?? -1) && stacks(lines[first - 1], lines[first], line)) first -= 1;
    while (stacks(lines[last + 1], lines[last], line)) last += 1;
    const tables = tablesOf(columnsOf(lines.slice(first, last + 1)));
    if (tables.length === 0) continue;
    found.push({ first, last, tables });
    at = last;
  }
  return found;
}

export function isMoney(kind: ColumnKind): boolean {
  return MONEY.includes(kind);
}

function isHeadingLine(line: Line): boolean {
  return line.words.every(({ text }) =>
    text
      .toLowerCase()
      .replace(/\(\$\)/, '')
      .split(/(?=[/&])|(?<=[/&])/)
      .map((part) => part.replace(/[:.,*]+$/, ''))
      .every((part) => HEADING_WORDS.has(part) || HEADING_WORDS.has(part.replace(/[()]/g, ''))),
  );
}

/** Whether `line` is one more line of the heading around `core`. A section's title above the date column is not. */
function stacks(line: Line | undefined, next: Line | undefined, core: Line): boolean {
  if (line === undefined || next === undefined || line.page !== core.page || !isHeadingLine(line)) return false;
  const gap = Math.abs(next.y - line.y) / core.height;
  if (gap > STACK_GAP) return false;
  const cells = cellsOf(line);
  if (cells.length >= 2) return true;
  const start = cellsOf(core).find((cell) => /\bdate\b|\bposted\b/i.test(cell.text));
  const cell = cells[0];
  return cell !== undefined && start !== undefined && cell.x0 > start.x1 && gap <= 1.4;
}

function columnsOf(lines: Line[]): Column[] {
  const cells: Word[] = [];
  for (const cell of lines.flatMap(cellsOf)) {
    const above = cells.find((other) => other.x0 < cell.x1 && cell.x0 < other.x1);
    if (above === undefined) cells.push({ ...cell });
    else {
      above.text += ` ${cell.text}`;
      above.x0 = Math.min(above.x0, cell.x0);
      above.x1 = Math.max(above.x1, cell.x1);
    }
  }
  return cells
    .sort((a, b) => a.x0 - b.x0)
    .flatMap((cell) => {
      const kind = kindOf(cell.text);
      return kind === null ? [] : [{ kind, x0: cell.x0, x1: cell.x1, label: cell.text }];
    });
}

function kindOf(label: string): ColumnKind | null {
  const text = label
    .toLowerCase()
    .replace(/[:.*$]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const named = COLUMN_KINDS.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
  if (named !== null && named !== 'amount') return named;
  const [credit, debit] = [CREDIT_COLUMN.test(text), DEBIT_COLUMN.test(text)];
  if (credit !== debit) return credit ? 'credit' : 'debit';
  return credit ? 'amount' : named;
}

/** Side-by-side tables begin where the first column's meaning comes again after a money column. */
function tablesOf(columns: Column[]): Table[] {
  const groups: Column[][] = [];
  for (const column of columns) {
    const group = groups.at(-1);
    const opener = group?.[0]?.kind;
    if (group === undefined || (column.kind === opener && group.some(({ kind }) => isMoney(kind))))
      groups.push([column]);
    else group.push(column);
  }
  return groups
    .map((group, at) => ({
      columns: group,
      from: at === 0 ? Number.NEGATIVE_INFINITY : (group[0]?.x0 ?? 0) - 6,
      to: (groups[at + 1]?.[0]?.x0 ?? Number.POSITIVE_INFINITY) - 6,
    }))
    .filter(
      ({ columns: group }) => group.some(({ kind }) => kind === 'date') && group.some(({ kind }) => isMoney(kind)),
    );
}
