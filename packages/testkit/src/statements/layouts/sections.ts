import type { Canvas } from '../canvas.ts';
import type { TruthRow } from '../truth.ts';
import type { LayoutStyle } from './layout.ts';
import { figure, longDate, rowsWithBalance, wrap } from './layout.ts';

const TITLES = ['Deposits and Additions', 'Checks Paid', 'Electronic Withdrawals', 'Fees'] as const;

/** Rows under titles that give their sign, checks side by side, no running balance but a table of daily balances, a year in the period only. */
export const sections: LayoutStyle = {
  bank: 'FIRST PRAIRIE NATIONAL BANK',
  rows: (movements) => {
    const rows = movements.map(({ date, description, amountCents, revenue }) => ({
      date,
      description,
      amountCents,
      runningBalanceCents: null,
      revenue,
    }));
    return TITLES.flatMap((title) => rows.filter((row) => titleOf(row) === title));
  },
  draw(canvas, { truth, movements, address, accountNumber }) {
    canvas.left(54, 'FIRST PRAIRIE NATIONAL BANK', { size: 12, bold: true });
    canvas.down(12);
    canvas.left(54, 'PO Box 1200, Lincoln, NE 68501-1200', { size: 7 });
    canvas.down(36);
    canvas.right(560, `${longDate(truth.periodStart).replace(/,.*/, '')} - ${longDate(truth.periodEnd)}`);
    canvas.down(12);
    canvas.right(560, `Primary Account: ${accountNumber}`);
    canvas.down(20);
    for (const text of [truth.holder, ...address]) {
      canvas.left(72, text);
      canvas.down(11);
    }
    canvas.down(30);
    canvas.left(54, 'CHECKING SUMMARY', { bold: true });
    canvas.right(300, 'INSTANCES', { size: 7 });
    canvas.right(400, 'AMOUNT', { size: 7 });
    canvas.down(14);
    const total = (label: string, count: number | null, text: string): void => {
      canvas.left(54, label);
      if (count !== null) canvas.right(300, String(count));
      canvas.right(400, text);
      canvas.down(12);
    };
    const groups = TITLES.map((title) => ({ title, rows: truth.transactions.filter((row) => titleOf(row) === title) }));
    const shown = groups.filter(({ rows }) => rows.length > 0);
    const sign = (cents: number): string => (cents < 0 ? '-' : '');
    total('Beginning Balance', null, `${sign(truth.beginningBalanceCents)}$${figure(truth.beginningBalanceCents)}`);
    for (const { title, rows } of shown) total(title, rows.length, `${sign(sum(rows))}${figure(sum(rows))}`);
    total(
      'Ending Balance',
      truth.transactions.length,
      `${sign(truth.endingBalanceCents)}$${figure(truth.endingBalanceCents)}`,
    );
    for (const { title, rows } of shown) {
      canvas.onPage(() => {});
      canvas.down(22, 60);
      canvas.left(54, title.toUpperCase(), { bold: true, size: 10 });
      canvas.down(16);
      if (title === 'Checks Paid') checks(canvas, rows);
      else listed(canvas, title, rows);
      canvas.left(54, `Total ${title}`, { bold: true });
      canvas.right(560, `$${figure(sum(rows))}`, { bold: true });
    }
    dailyBalances(canvas, rowsWithBalance(movements, truth.beginningBalanceCents));
  },
};

function titleOf({ description, amountCents }: TruthRow): (typeof TITLES)[number] {
  if (amountCents > 0) return 'Deposits and Additions';
  if (/^Check \d+$/.test(description)) return 'Checks Paid';
  return /\bFEE\b/.test(description) ? 'Fees' : 'Electronic Withdrawals';
}

function listed(canvas: Canvas, title: string, rows: TruthRow[]): void {
  const head = (): void => {
    canvas.left(54, 'DATE', { size: 7 });
    canvas.left(110, 'DESCRIPTION', { size: 7 });
    canvas.right(560, 'AMOUNT', { size: 7 });
    canvas.down(13);
  };
  head();
  canvas.onPage(() => {
    canvas.left(54, `${title.toUpperCase()} (continued)`, { bold: true, size: 10 });
    canvas.down(16);
    head();
  });
  for (const [at, row] of rows.entries()) {
    const lines = wrap(canvas, row.description, 250);
    canvas.down(0, 12 * lines.length);
    canvas.left(54, `${row.date.slice(5, 7)}/${row.date.slice(8)}`);
    canvas.right(560, `${at === 0 ? '$' : ''}${figure(row.amountCents)}`);
    for (const [number, line] of lines.entries()) {
      if (number > 0) canvas.down(10);
      canvas.left(110, line);
    }
    canvas.down(13);
  }
}

function checks(canvas: Canvas, rows: TruthRow[]): void {
  for (const x of [54, 310]) {
    canvas.left(x, 'CHECK NUMBER', { size: 7 });
    canvas.left(x + 90, 'DATE PAID', { size: 7 });
    canvas.right(x + 220, 'AMOUNT', { size: 7 });
  }
  canvas.down(13);
  rows.forEach((row, at) => {
    const x = at % 2 === 0 ? 54 : 310;
    canvas.left(x, row.description.replace('Check ', ''));
    canvas.left(x + 90, `${row.date.slice(5, 7)}/${row.date.slice(8)}`);
    canvas.right(x + 220, figure(row.amountCents));
    if (at % 2 === 1 || at === rows.length - 1) canvas.down(13, 14);
  });
}

function dailyBalances(canvas: Canvas, rows: TruthRow[]): void {
  const days = [...Map.groupBy(rows, ({ date }) => date)].map(([date, all]) => ({
    date,
    cents: all.at(-1)?.runningBalanceCents ?? 0,
  }));
  canvas.onPage(() => {});
  canvas.down(24, 40);
  canvas.left(54, 'DAILY ENDING BALANCE', { bold: true, size: 10 });
  canvas.down(16);
  for (const x of [54, 310]) {
    canvas.left(x, 'DATE', { size: 7 });
    canvas.right(x + 160, 'AMOUNT', { size: 7 });
  }
  canvas.down(13);
  days.forEach(({ date, cents }, at) => {
    const x = at % 2 === 0 ? 54 : 310;
    canvas.left(x, `${date.slice(5, 7)}/${date.slice(8)}`);
    canvas.right(x + 160, `${cents < 0 ? '-' : ''}${figure(cents)}`);
    if (at % 2 === 1 || at === days.length - 1) canvas.down(12, 13);
  });
}

function sum(rows: TruthRow[]): number {
  return rows.reduce((total, { amountCents }) => total + amountCents, 0);
}
