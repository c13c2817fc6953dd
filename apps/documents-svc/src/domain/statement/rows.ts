import type { Column, Heading, Table } from './columns.ts';
import { isMoney } from './columns.ts';
import type { PrintedDate } from './dates.ts';
import { dateAtStart } from './dates.ts';
import { implicitTable } from './implicit-table.ts';
import type { Line } from './lines.ts';
import { cellsOf } from './lines.ts';
import { amountsOf } from './money.ts';
import type { Cells, RowLine } from './row-line.ts';
import { readRowLine } from './row-line.ts';
import type { SectionKind } from './vocabulary.ts';
import { BEGIN_LABEL, END_LABEL, FURNITURE, MARKER_ROW, sectionOf, TOTAL_ROW } from './vocabulary.ts';

/** A stretch of rows under one title; `kind` is null when no title told what the rows are. */
export type Section = { kind: SectionKind | null; title: string };

/** A row of a table before its sign is known. */
export type RawRow = {
  date: PrintedDate;
  description: string;
  type: string;
  cells: Cells;
  section: Section;
  page: number;
  text: string;
};

export type RawRows = {
  rows: RawRow[];
  /** Balances that stand as rows of a table ("Opening balance"), signed. */
  markers: { kind: 'begin' | 'end'; cents: number }[];
  /** Numbers of the lines that belong to tables. */
  used: Set<number>;
};

/** A wrapped description continues within this share of the letters' height, and not on more than this many lines. */
const WRAP_GAP = 1.75;
const MAX_WRAPS = 6;

type Open = { row: RawRow; y: number; page: number; wraps: number; table: Table };

/** Walks down the lines and collects the rows of every table, under the section they stand in. */
export function rowsOf(lines: Line[], headings: Heading[], dayFirst: boolean): RawRows {
  const out: RawRows = { rows: [], markers: [], used: new Set() };
  let withoutHeading: Table[] | undefined;
  /** Looked for when it is needed, which is seldom. */
  const implicit = () => {
    withoutHeading ??= [implicitTable(lines, dayFirst) ?? []].flat();
    return withoutHeading;
  };
  let tables = headings.length === 0 ? implicit() : [];
  let section: Section = { kind: null, title: '' };
  let open: Open | null = null;

  for (let at = 0; at < lines.length; at += 1) {
    const heading = headings.find(({ first }) => first === at);
    if (heading !== undefined) {
      for (; at <= heading.last; at += 1) out.used.add(at);
      at = heading.last;
      open = carriedOver(open, heading.tables);
      // Another kind of table has its own way of printing signs, also where its title was not understood.
      if (!tables.some((table) => likeOneOf(heading.tables, table))) section = { ...section };
      tables = heading.tables;
      continue;
    }
    const line = lines[at];
    if (line === undefined) continue;
    const kind = titleKind(
      line,
      headings.some(({ first }) => first > at && first <= at + 2),
    );
    if (kind !== null && !(open !== null && wraps(line, readRowLine(line, open.table, dayFirst), open))) {
      section = { kind, title: line.text };
      open = null;
      // Some banks head only their lists of checks: the rows of other sections then have no heading at all.
      const headed = headings.some(({ first }) => first > at && first <= at + 3);
      const described = tables.some(({ columns }) => columns.some((column) => column.kind === 'description'));
      const dated = dateAtStart(lines[at + 1]?.text ?? '', dayFirst) !== null;
      if (dated && !headed && !described && implicit().length > 0) tables = implicit();
      continue;
    }
    if (section.kind === 'ignored') continue;
    for (const table of tables.filter(({ columns }) =>
      columns.some((column) => isMoney(column.kind) && column.kind !== 'balance'),
    )) {
      const parts = readRowLine(line, table, dayFirst);
      if (parts === null) continue;
      open = take(line, parts, table, section, open?.table === table ? open : null, out, () => out.used.add(at));
    }
  }
  return out;
}

/** The kind of section a line opens; right above a column heading, a title may have a note beside it. */
function titleKind(line: Line, isHeaded: boolean): SectionKind | null {
  if (amountsOf(line).length > 0) return null;
  return sectionOf(line.text) ?? (isHeaded ? sectionOf(cellsOf(line)[0]?.text ?? '') : null);
}

/** A heading repeated on a new page: the next row may still belong to the day of the last one, but nothing wraps across it. */
function carriedOver(open: Open | null, tables: Table[]): Open | null {
  const table = open === null ? undefined : likeOneOf(tables, open.table);
  return open === null || table === undefined ? null : { ...open, table, page: Number.NaN };
}

/** The table that has the same columns as `table`. */
function likeOneOf(tables: Table[], table: Table): Table | undefined {
  return tables.find(({ columns }) => kindsOf(columns) === kindsOf(table.columns));
}

function kindsOf(columns: Column[]): string {
  return columns.map(({ kind }) => kind).join();
}

/** Adds what one line says and returns the row that the next line may continue. */
function take(
  line: Line,
  parts: RowLine,
  table: Table,
  section: Section,
  open: Open | null,
  out: RawRows,
  use: () => void,
): Open | null {
  const { date, cells } = parts;
  const moves = cells.credit ?? cells.debit ?? cells.amount;
  const figures = Object.values(cells).length;
  if (MARKER_ROW.test(parts.description) && figures === 1) {
    const figure = cells.balance ?? moves;
    const kind = BEGIN_LABEL.test(parts.description) ? 'begin' : END_LABEL.test(parts.description) ? 'end' : null;
    if (figure !== undefined && kind !== null)
      out.markers.push({ kind, cents: figure.sign < 0 ? -figure.cents : figure.cents });
    use();
    return null;
  }
  if (date !== null) {
    if (figures === 0 && (MARKER_ROW.test(parts.description) || !isRowWithoutFigures(line, parts, table, open)))
      return null;
    use();
    const row = {
      date,
      description: describe(parts, section),
      type: parts.type,
      cells,
      section,
      page: line.page,
      text: line.text,
    };
    out.rows.push(row);
    return { row, y: line.y, page: line.page, wraps: 0, table };
  }
  if (open === null || TOTAL_ROW.test(parts.description)) {
    if (figures > 0 && TOTAL_ROW.test(parts.description)) use();
    return null;
  }
  const wrapped = wraps(line, parts, open);
  if (figures === 0 || (moves === undefined && wrapped)) {
    // A page's foot does not end the day; anything else between the rows does.
    if (!wrapped) return FURNITURE.test(line.text) ? { ...open, page: Number.NaN } : null;
    use();
    open.row.description = `${open.row.description} ${parts.description}`.trim();
    if (cells.balance !== undefined && open.row.cells.balance === undefined) open.row.cells.balance = cells.balance;
    return { ...open, y: line.y, wraps: open.wraps + 1 };
  }
  const hasMoved = open.row.cells.credit ?? open.row.cells.debit ?? open.row.cells.amount;
  if (hasMoved === undefined && wrapped) {
    use();
    open.row.description = `${open.row.description} ${parts.description}`.trim();
    open.row.cells = { ...open.row.cells, ...cells };
    return { ...open, y: line.y, wraps: open.wraps + 1 };
  }
  // The date is printed once for all rows of a day: a further row has a description in its place and moves money.
  if (moves === undefined || !startsInPlace(parts, table, line)) return null;
  use();
  const row: RawRow = {
    ...open.row,
    description: describe(parts, section),
    type: parts.type,
    cells,
    section,
    page: line.page,
    text: line.text,
  };
  out.rows.push(row);
  return { row, y: line.y, page: line.page, wraps: 0, table };
}

function describe({ description, check, reference }: RowLine, section: Section): string {
  if (description !== '') return description;
  return check === '' ? `${section.title} ${reference}`.trim() : `Check ${check}`;
}

/** A dated line without any figure is a row (of which something is missing) only in a table's midst; in a text it is a sentence. */
function isRowWithoutFigures(line: Line, parts: RowLine, table: Table, open: Open | null): boolean {
  const near = open === null || (open.page === line.page && line.y - open.y < line.height * 4);
  return near && startsInPlace(parts, table, line) && !FURNITURE.test(line.text);
}

function startsInPlace({ textX0 }: RowLine, table: Table, line: Line): boolean {
  const column = table.columns.find(({ kind }) => kind === 'description');
  return column !== undefined && textX0 !== null && Math.abs(textX0 - column.x0) < line.height * 1.5;
}

/** Whether a line is one more line of the open row's description: close below it, inside the column, and no page furniture. */
function wraps(line: Line, parts: RowLine | null, { row, y, page, wraps: count, table }: Open): boolean {
  const column = table.columns.find(({ kind }) => kind === 'description');
  if (parts === null || column === undefined || parts.textX0 === null || parts.date !== null) return false;
  if (count >= MAX_WRAPS || page !== line.page || line.y - y > line.height * WRAP_GAP || row.description === '')
    return false;
  const first = line.words[0];
  return (
    first !== undefined && first.x0 >= column.x0 - 4 && !FURNITURE.test(line.text) && !TOTAL_ROW.test(parts.description)
  );
}
