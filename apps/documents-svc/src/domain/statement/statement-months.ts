import { addDays, daysBetween, lastDayOf } from './dates.ts';
import type { ReadStatement } from './model.ts';

/** A statement whose period and rows are known, with the calendar month it stands for and how many months it covers. */
export type MonthStatement = ReadStatement & { start: string; end: string; month: string; coverage: number };

const DAYS_PER_MONTH = 365.25 / 12;
/** Nothing that is called a statement covers more; a misread year must not make millions of days. */
const MAX_DAYS = 400;

/**
 * Places a statement in time: its month is the one its middle day lies in. It covers whole months when its period is a whole number
 * of them (1 to 31 January, or 15 January to 14 February), else days divided by an average month. Null when its period or any row is unread.
 */
export function placed(read: ReadStatement): MonthStatement | null {
  const { period_start: start, period_end: end, transaction_count: count } = read.statement;
  if (start === null || end === null || count === null || read.transactions.some(({ date }) => date === null))
    return null;
  const days = daysBetween(start, end) + 1;
  if (days < 1 || days > MAX_DAYS) return null;
  const month = addDays(start, Math.floor((days - 1) / 2)).slice(0, 7);
  return { ...read, start, end, month, coverage: wholeMonths(start, end) ?? days / DAYS_PER_MONTH };
}

/** Months from one to the other: `2025-12` to `2026-01` is 1. */
export function monthsBetween(from: string, to: string): number {
  return (
    Number(to.slice(0, 4)) * 12 + Number(to.slice(5, 7)) - Number(from.slice(0, 4)) * 12 - Number(from.slice(5, 7))
  );
}

/** The months of a period that is a whole number of them, else null. */
export function wholeMonths(start: string, end: string): number | null {
  const after = addDays(end, 1);
  const months = monthsBetween(start, after);
  const day = Math.min(Number(start.slice(8)), lastDayOf(Number(after.slice(0, 4)), Number(after.slice(5, 7))));
  return months >= 1 && Number(after.slice(8)) === day ? months : null;
}
