/** A month, `YYYY-MM`. */
export type Month = string;

/** The `count` months that end with `last`, oldest first. */
export function monthsEnding(last: Month, count: number): Month[] {
  const [year = 0, month = 0] = last.split('-').map(Number);
  return Array.from({ length: count }, (_, at) =>
    new Date(Date.UTC(year, month - count + at, 1)).toISOString().slice(0, 7),
  );
}

/** All days of a month as ISO dates. */
export function daysOf(month: Month): string[] {
  const [year = 0, number = 0] = month.split('-').map(Number);
  const count = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return Array.from({ length: count }, (_, at) => `${month}-${String(at + 1).padStart(2, '0')}`);
}

/** Monday to Friday; bank holidays are business days here. */
export function businessDaysOf(month: Month): string[] {
  return daysOf(month).filter((day) => ![0, 6].includes(weekdayOf(day)));
}

/** 0 is Sunday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}
