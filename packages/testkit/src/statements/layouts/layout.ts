import type { Canvas } from '../canvas.ts';
import type { Movement } from '../plan-month.ts';
import type { StatementTruth } from '../truth.ts';

/** What a layout prints: the figures, and the movements (oldest first) with what belongs to a bank's house style. */
export type Printed = {
  truth: StatementTruth;
  movements: Movement[];
  address: [string, string];
  accountNumber: string;
};

/** A bank's house style: its name, the order and balances of its rows, and how it draws them. */
export type LayoutStyle = {
  bank: string;
  rows(movements: Movement[], beginningBalanceCents: number): StatementTruth['transactions'];
  draw(canvas: Canvas, printed: Printed): void;
};

/** Rows oldest first, each with the balance after it. */
export function rowsWithBalance(movements: Movement[], beginningBalanceCents: number): StatementTruth['transactions'] {
  let balance = beginningBalanceCents;
  return movements.map(({ date, description, amountCents, revenue }) => {
    balance += amountCents;
    return { date, description, amountCents, runningBalanceCents: balance, revenue };
  });
}

/** `1,234.56`, without a sign. */
export function figure(cents: number): string {
  return `${Math.floor(Math.abs(cents) / 100).toLocaleString('en-US')}.${String(Math.abs(cents) % 100).padStart(2, '0')}`;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** `January 2, 2025`. */
export function longDate(iso: string): string {
  const [year, month, day] = iso.split('-').map(Number);
  return `${MONTHS[(month ?? 1) - 1]} ${day}, ${year}`;
}

/** `Jan 02`. */
export function shortDate(iso: string): string {
  return `${MONTHS[Number(iso.slice(5, 7)) - 1]?.slice(0, 3)} ${iso.slice(8)}`;
}

/** `01/02/2025`. */
export function usDate(iso: string): string {
  return `${iso.slice(5, 7)}/${iso.slice(8)}/${iso.slice(0, 4)}`;
}

/** Cuts a text into lines that fit a width, at its spaces. */
export function wrap(canvas: Canvas, text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length === 0 || canvas.widthOf(longer) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
