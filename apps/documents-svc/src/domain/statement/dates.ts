/** A calendar date as printed; `year` is null when the statement leaves it out. */
export type PrintedDate = { year: number | null; month: number; day: number };

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const YEAR = '(?:19|20)\\d{2}';

/** The forms of a date, most specific first; each ends where no further digit follows. */
const FORMS: { pattern: string; read: (match: string[], dayFirst: boolean) => PrintedDate }[] = [
  { pattern: `(${YEAR})[-/.](\\d{1,2})[-/.](\\d{1,2})`, read: ([y, m, d]) => made(y, m, d) },
  {
    pattern: `(\\d{1,2})[-/.](\\d{1,2})[-/.](${YEAR}|\\d{2})`,
    read: ([a, b, y], dayFirst) => (dayFirst ? made(y, b, a) : made(y, a, b)),
  },
  { pattern: `(${MONTH})\\.?\\s*(\\d{1,2})(?:st|nd|rd|th)?\\s*,?\\s*(${YEAR})`, read: ([m, d, y]) => made(y, m, d) },
  {
    pattern: `(\\d{1,2})(?:st|nd|rd|th)?[-\\s]*(${MONTH})\\.?,?[-\\s]*(${YEAR}|\\d{2}(?=\\b))`,
    read: ([d, m, y]) => made(y, m, d),
  },
  { pattern: `(${MONTH})\\.?[-\\s]*(\\d{1,2})(?:st|nd|rd|th)?`, read: ([m, d]) => made(undefined, m, d) },
  { pattern: `(\\d{1,2})(?:st|nd|rd|th)?[-\\s]*(${MONTH})`, read: ([d, m]) => made(undefined, m, d) },
  {
    pattern: '(\\d{1,2})[-/](\\d{1,2})',
    read: ([a, b], dayFirst) => (dayFirst ? made(undefined, b, a) : made(undefined, a, b)),
  },
];
/** A date with a year may touch a hyphen and the next date; one without would cut a piece out of a longer number there. */
const [END, END_WITHOUT_YEAR] = ['(?![\\d/]|[a-z])', '(?![\\d/]|[-.]\\d|[a-z])'];
const FORMS_WITH_YEAR = 4;
const compiled = FORMS.map(({ pattern, read }, at) => {
  const whole = `${pattern}${at < FORMS_WITH_YEAR ? END : END_WITHOUT_YEAR}`;
  return {
    start: new RegExp(`^${whole}`, 'i'),
    anywhere: new RegExp(`(?<![\\d/$.,]|(?<!\\d)-)\\b${whole}`, 'gi'),
    read,
  };
});

/** The date that a text begins with and what follows it, or null. `dayFirst` reads 02/01 as the second of January. */
export function dateAtStart(text: string, dayFirst = false): { date: PrintedDate; rest: string } | null {
  if (!/^(?:\d|[adfjmnos])/i.test(text)) return null;
  for (const { start, read } of compiled) {
    const match = start.exec(text);
    if (match === null) continue;
    const date = read(match.slice(1), dayFirst);
    if (isReal(date)) return { date, rest: text.slice(match[0].length).trim() };
  }
  return null;
}

/** All dates of a text, from left to right, without overlaps. */
export function datesIn(text: string, dayFirst = false): { date: PrintedDate; start: number; end: number }[] {
  const found: { date: PrintedDate; start: number; end: number }[] = [];
  if (!/\d/.test(text)) return found;
  for (const { anywhere, read } of compiled) {
    for (const match of text.matchAll(anywhere)) {
      const [start, end] = [match.index, match.index + match[0].length];
      const date = read(match.slice(1), dayFirst);
      if (isReal(date) && found.every((other) => end <= other.start || start >= other.end))
        found.push({ date, start, end });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Whether the document writes the day before the month: some number that stands first cannot be a month. */
export function writesDayFirst(texts: string[]): boolean {
  const pairs = texts.flatMap((text) => [...text.matchAll(/(?<![\d/-])(\d{2})\/(\d{2})(?:\/\d{2,4})?(?![\d/])/g)]);
  const first = pairs.some(([, a, b]) => Number(a) > 12 && Number(a) <= 31 && Number(b) <= 12);
  return first && !pairs.some(([, a, b]) => Number(b) > 12 && Number(b) <= 31 && Number(a) <= 12);
}

/** `YYYY-MM-DD`, or null when the year is not printed. */
export function isoOf({ year, month, day }: PrintedDate): string | null {
  return year === null ? null : `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** Days from one ISO date to another; negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/** The ISO date `days` after `date`. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The last day of a month (1 to 12). */
export function lastDayOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** The number (1 to 12) of a month's name, or null. */
export function monthNumber(name: string): number | null {
  const at = MONTHS.indexOf(name.slice(0, 3).toLowerCase());
  return at < 0 ? null : at + 1;
}

function made(year: string | undefined, month: string | undefined, day: string | undefined): PrintedDate {
  const full = year === undefined ? null : Number(year.length === 2 ? `20${year}` : year);
  return { year: full, month: monthNumber(month ?? '') ?? Number(month), day: Number(day) };
}

function isReal({ year, month, day }: PrintedDate): boolean {
  // Without a year, 29 February stands until the year is known.
  return month >= 1 && month <= 12 && day >= 1 && day <= lastDayOf(year ?? 2024, month);
}
