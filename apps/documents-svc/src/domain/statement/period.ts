import type { PrintedDate } from './dates.ts';
import { addDays, dateAtStart, datesIn, daysBetween, isoOf, lastDayOf, monthNumber } from './dates.ts';
import type { Line } from './lines.ts';
import { cellsOf } from './lines.ts';
import { wholeMonths } from './statement-months.ts';

/** The days a statement covers, both included; a bound that is not printed (or has no year anywhere) is null. */
export type Period = { start: string | null; end: string | null; yearMissing: boolean };

const BETWEEN = /^\s*(?:[-–—~]|to|thru|through|until|and|ending)\s*$/i;
const LABEL = /\b(?:period|statement|for|from|covers?|covering|dates?|beginning|cycle|activity)\b/i;
const START =
  /\b(?:from|start(?:ing)?(?: date)?|period (?:start|begin)\w*|begin(?:ning)?(?: date)?|(?:beginning|opening|starting) balance(?: as of| on)?)\s*:?\s*$/i;
const OPENING = /\bbalance(?: as of| on)?\s*:?\s*$/i;
const END =
  /\b(?:to|through|end(?:ing)?(?: date)?|period end\w*|closing date|statement(?: closing| ending| end)? date|this statement|(?:ending|closing) balance(?: as of| on)?|as of|statement of account)\s*:?\s*$/i;
const LAST = /\b(?:last|previous|prior) (?:statement(?: date)?|(?:statement )?balance(?: as of| on)?)\s*:?\s*$/i;
const MONTH_NAME =
  '(january|february|march|april|may|june|july|august|september|october|november|december),? +((?:19|20)\\d{2})';
const WHOLE_MONTH = new RegExp(
  `\\b(?:statement|period|month|activity)\\b.*?\\b${MONTH_NAME}\\b|\\b${MONTH_NAME} statement\\b`,
  'i',
);
/** Statements cover a month, sometimes a quarter; longer ranges are about something else. */
const MAX_DAYS = 100;

/**
 * Finds the period: a printed range (on one line, or stacked), else labelled bounds, else a named month. Where the year is left out
 * it is the year of a full date printed elsewhere on the same day of the year as the period's end. Lines of tables are not looked at.
 */
export function periodOf(lines: Line[], dayFirst: boolean): Period {
  const texts = lines.map(({ text }) => text);
  const dated = texts.map((text) => ({ text, dates: datesIn(text, dayFirst) }));
  const printed = dated.flatMap(({ dates }) => dates.map(({ date }) => date));
  const yearOf = (end: PrintedDate): number | null =>
    printed.find(({ year, month, day }) => year !== null && month === end.month && day === end.day)?.year ?? null;
  const bounds = boundsIn(dated, dayFirst);
  const flat = dated.flatMap(rangesIn);
  const isOpen = flat.length === 0 && (bounds.start === null || bounds.end === null);
  const ranges = isOpen ? stacksOf(lines).flatMap((text) => rangesIn({ text, dates: datesIn(text, dayFirst) })) : flat;
  const range = ranges.find(({ labelled }) => labelled) ?? ranges[0];
  if (range !== undefined) {
    const days = withYears(range.from, range.to, yearOf(range.to));
    if (days !== null) return { ...days, yearMissing: false };
    return { start: null, end: null, yearMissing: true };
  }
  const [start, end] = [bounds.start, bounds.end];
  if (start !== null && end !== null) {
    const days = withYears(start, end, yearOf(end));
    if (days !== null) return { ...(bounds.opening ? afterOpening(days) : days), yearMissing: false };
  }
  if (start === null || end === null) {
    const month = texts.map((text) => WHOLE_MONTH.exec(text)).find((match) => match !== null);
    const number = monthNumber(month?.[1] ?? month?.[3] ?? '');
    const year = month?.[2] ?? month?.[4];
    if (year !== undefined && number !== null) return { ...wholeMonth(Number(year), number), yearMissing: false };
  }
  const yearMissing = (start !== null && start.year === null) || (end !== null && end.year === null);
  return { start: start === null ? null : isoOf(start), end: end === null ? null : isoOf(end), yearMissing };
}

/** Cells below each other, read as one text: some banks print a period as three short lines. */
function stacksOf(lines: Line[]): string[] {
  return lines.flatMap((line, at) =>
    cellsOf(line).map((cell) => {
      const below = lines
        .slice(at + 1, at + 5)
        .filter(({ page }) => page === line.page)
        .flatMap((next) => cellsOf(next).filter(({ x0, x1 }) => x0 < cell.x1 && x1 > cell.x0));
      return [cell, ...below].map(({ text }) => text).join(' ');
    }),
  );
}

/** A text with the dates in it: seven forms are looked for, which is done once for all that asks. */
type Dated = { text: string; dates: ReturnType<typeof datesIn> };

function rangesIn({ text, dates }: Dated): { from: PrintedDate; to: PrintedDate; labelled: boolean }[] {
  return dates.flatMap((first, at) => {
    const second = dates[at + 1];
    if (second === undefined || !BETWEEN.test(text.slice(first.end, second.start))) return [];
    const dated = withYears(first.date, second.date, null);
    if (dated !== null && (daysBetween(dated.start, dated.end) > MAX_DAYS || dated.end <= dated.start)) return [];
    return [
      { from: first.date, to: second.date, labelled: LABEL.test(text.slice(0, first.start)) || text.length < 60 },
    ];
  });
}

/** Completes a range whose years are partly or not printed; `year` is a year printed for its end elsewhere. Null when there is none. */
function withYears(from: PrintedDate, to: PrintedDate, year: number | null): { start: string; end: string } | null {
  const crosses = from.month > to.month || (from.month === to.month && from.day > to.day);
  const endYear = to.year ?? (from.year === null ? year : from.year + (crosses ? 1 : 0));
  if (endYear === null) return null;
  const start = isoOf({ ...from, year: from.year ?? endYear - (crosses ? 1 : 0) });
  const end = isoOf({ ...to, year: endYear });
  return start === null || end === null ? null : { start, end };
}

/** `opening`: the start is the date of an opening balance, which some banks date with the day before the period. */
function boundsIn(
  texts: Dated[],
  dayFirst: boolean,
): { start: PrintedDate | null; end: PrintedDate | null; opening: boolean } {
  let opening = false;
  let [start, end]: (PrintedDate | null)[] = [null, null];
  let last: PrintedDate | null = null;
  for (const { text, dates } of texts) {
    if (dates.length === 0 || dateAtStart(text, dayFirst) !== null) continue;
    for (const { date, start: at } of dates) {
      const before = text.slice(Math.max(0, at - 40), at);
      if (LAST.test(before)) last ??= date;
      else if (START.test(before)) {
        if (start === null) opening = OPENING.test(before);
        start ??= date;
      } else if (END.test(before)) end ??= date;
    }
  }
  const lastIso = last === null ? null : isoOf(last);
  if (start === null && lastIso !== null) start = dateAtStart(addDays(lastIso, 1))?.date ?? null;
  return { start: start ?? null, end: end ?? null, opening };
}

/** The day after the opening balance's, where only that makes the period whole months: 31 December to 31 January is January. */
function afterOpening(dated: { start: string; end: string }): { start: string; end: string } {
  const next = { ...dated, start: addDays(dated.start, 1) };
  return wholeMonths(dated.start, dated.end) === null && wholeMonths(next.start, next.end) !== null ? next : dated;
}

function wholeMonth(year: number, month: number): { start: string; end: string } {
  const two = String(month).padStart(2, '0');
  return { start: `${year}-${two}-01`, end: `${year}-${two}-${String(lastDayOf(year, month)).padStart(2, '0')}` };
}

/**
 * A row's date with its year: the one printed, else the one that puts it into the period (a December row of a statement that
 * ends in January belongs to the year before). Null when nothing on the statement tells the year.
 */
export function datedWithin(date: PrintedDate, { start, end }: Period): string | null {
  if (date.year !== null) return isoOf(date);
  const bound = end ?? start;
  if (bound === null) return null;
  const year = Number(bound.slice(0, 4));
  const options = [year - 1, year, year + 1]
    .filter((option) => date.day <= lastDayOf(option, date.month))
    .map((option) => isoOf({ ...date, year: option }) ?? '');
  // Nearly every row lies inside: to measure how far each year is off costs ten times as much as to see that.
  if (start !== null && end !== null) {
    const inside = options.find((day) => day >= start && day <= end);
    if (inside !== undefined) return inside;
  }
  const off = (day: string): number =>
    Math.max(0, start === null ? 0 : daysBetween(day, start), end === null ? 0 : daysBetween(end, day)) +
    (start !== null && end !== null ? 0 : Math.abs(daysBetween(day, bound)));
  return options.sort((a, b) => off(a) - off(b))[0] ?? null;
}
