import { addDays } from './dates.ts';
import type { Row } from './model.ts';

/**
 * The balance at the end of every calendar day of a period, weekends included (they carry the day before). A day's last printed
 * balance counts; where none is printed, the rows are added to the balance before.
 */
export function endOfDayBalances(rows: Row[], beginCents: number, start: string, end: string): Map<string, number> {
  const byDay = Map.groupBy(rows, ({ date }) => date);
  const balances = new Map<string, number>();
  let balance = beginCents;
  for (let day = start; day <= end; day = addDays(day, 1)) {
    for (const { amountCents, runningBalanceCents } of byDay.get(day) ?? []) {
      balance = runningBalanceCents ?? balance + amountCents;
    }
    balances.set(day, balance);
  }
  return balances;
}
