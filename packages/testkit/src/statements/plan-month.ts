import type { Month } from './calendar.ts';
import { businessDaysOf, weekdayOf } from './calendar.ts';
import type { Random } from './random.ts';
import type { FundingPosition } from './truth.ts';

/** What moves the account on one day, before balances are known. */
export type Movement = { date: string; description: string; amountCents: number; revenue: boolean; check?: string };

export type MonthPlanInput = {
  month: Month;
  revenueCents: number;
  beginningBalanceCents: number;
  nsfCount: number;
  positions: FundingPosition[];
  onePage: boolean;
  random: Random;
};

const SALES = [
  'WESTBRIDGE MERCHANT SVCS DEP {n}',
  'SQUARE INC SQ DEPOSIT {n}',
  'STRIPE PAYOUT ST-{n}',
  'COUNTER DEPOSIT {n}',
  'MOBILE CHECK DEPOSIT {n}',
  'ACH CREDIT NORTHGATE SUPPLY CO CUSTOMER PAYMENT INV {n}',
] as const;
const COSTS = [
  'SYSCO FOOD SERVICES ACH {n}',
  'CITY POWER AND LIGHT UTILITY PMT',
  'POS PURCHASE HARDWARE DEPOT {n} SPRINGFIELD IL',
  'UNITED PACKAGING INC ACH DEBIT INVOICE {n} TERMS NET THIRTY',
  'GOOGLE ADS {n}',
  'COMCAST BUSINESS {n}',
  'FUEL STOP {n} SPRINGFIELD IL',
  'INSURANCE PREMIUM GREAT PLAINS MUTUAL {n}',
] as const;
/** No cost is paid that would leave less than this share of a month's revenue: the account never comes near zero by itself. */
const FLOOR = 0.2;

/**
 * One month of a small business: sales on most business days (for one page: every other day) that add up to the revenue, a
 * transfer from savings and sometimes a refund (no revenue), payroll twice, rent, checks, suppliers, the bank's fee, and what
 * was asked for: fees for returned items and repayments.
 */
export function planMonth(input: MonthPlanInput): Movement[] {
  const { month, revenueCents, random } = input;
  const days = businessDaysOf(month);
  const day = (at: number): string => days[Math.max(0, Math.min(days.length - 1, at))] ?? `${month}-01`;
  const credits = [...sales(input, days), ...otherCredits(input, day)];
  const fixed = [
    ...input.positions.flatMap((position) => repayments(position, days, random)),
    ...Array.from({ length: input.nsfCount }, (_, at) =>
      debit(day(random.between(2, days.length - 2)), `NSF RETURNED ITEM FEE ITEM ${at + 1}`, 3500),
    ),
    debit(day(days.length - 1), 'MONTHLY SERVICE FEE', 1500),
  ];
  const costs = [
    debit(day(0), `RENT ${month} PRAIRIE PROPERTIES LLC`, share(revenueCents, 0.09, random)),
    debit(day(9), `GUSTO PAYROLL ${random.between(1000, 9999)} NET PAY`, share(revenueCents, 0.14, random)),
    debit(
      day(days.length - 2),
      `GUSTO PAYROLL ${random.between(1000, 9999)} NET PAY`,
      share(revenueCents, 0.14, random),
    ),
    ...checks(input, days),
    ...Array.from({ length: input.onePage ? random.between(3, 6) : random.between(14, 20) }, () =>
      debit(
        day(random.between(0, days.length - 1)),
        numbered(random.pick(COSTS), random),
        share(revenueCents, 0.022, random),
      ),
    ),
  ];
  return affordable([...credits, ...fixed], costs, input).sort(
    (a, b) => a.date.localeCompare(b.date) || b.amountCents - a.amountCents,
  );
}

function sales({ revenueCents, onePage, random }: MonthPlanInput, days: string[]): Movement[] {
  const on = onePage ? days.filter((_, at) => at % 2 === 0) : days.filter(() => random.next() < 0.75);
  const parts = (on.length > 0 ? on : days).map((date) => ({ date, weight: 0.5 + random.next() }));
  const whole = parts.reduce((sum, { weight }) => sum + weight, 0);
  let left = revenueCents;
  return parts.map(({ date, weight }, at) => {
    const cents = at === parts.length - 1 ? left : Math.max(1, Math.floor((revenueCents * weight) / whole));
    left -= cents;
    return { date, description: numbered(random.pick(SALES), random), amountCents: cents, revenue: true };
  });
}

function otherCredits({ revenueCents, random }: MonthPlanInput, day: (at: number) => string): Movement[] {
  const transfer = {
    description: `ONLINE TRANSFER FROM SAV ...${random.between(1000, 9999)}`,
    amountCents: share(revenueCents, 0.02, random),
  };
  const refund = {
    description: `VENDOR REFUND ${random.between(100, 999)} UNITED PACKAGING INC`,
    amountCents: random.between(2_000, 30_000),
  };
  const list = random.next() < 0.5 ? [transfer, refund] : [transfer];
  return list.map((credit) => ({ ...credit, date: day(random.between(1, 18)), revenue: false }));
}

function checks({ revenueCents, onePage, random }: MonthPlanInput, days: string[]): Movement[] {
  const first = random.between(1001, 8000);
  return Array.from({ length: onePage ? 2 : random.between(3, 6) }, (_, at) => {
    const date = days[random.between(0, days.length - 1)] ?? days[0] ?? '';
    const check = String(first + at);
    return { ...debit(date, `Check ${check}`, share(revenueCents, 0.015, random)), check };
  });
}

function repayments({ funder, paymentCents, frequency }: FundingPosition, days: string[], random: Random): Movement[] {
  const dates =
    frequency === 'daily'
      ? days
      : frequency === 'weekly'
        ? days.filter((date) => weekdayOf(date) === 3)
        : days.slice(4, 5);
  return dates.map((date) =>
    debit(date, `${funder.toUpperCase()} ACH DEBIT ${random.between(10_000, 99_999)}`, paymentCents),
  );
}

/** Leaves out every cost that would press the balance of its day, or of any later day, below the floor. */
function affordable(
  given: Movement[],
  costs: Movement[],
  { beginningBalanceCents, revenueCents }: MonthPlanInput,
): Movement[] {
  const kept = [...given];
  for (const cost of costs) {
    const tried = [...kept, cost].sort((a, b) => a.date.localeCompare(b.date) || b.amountCents - a.amountCents);
    let balance = beginningBalanceCents;
    let fits = true;
    for (const { date, amountCents } of tried) {
      balance += amountCents;
      if (date >= cost.date && balance < revenueCents * FLOOR) fits = false;
    }
    if (fits) kept.push(cost);
  }
  return kept;
}

function debit(date: string, description: string, cents: number): Movement {
  return { date, description, amountCents: -cents, revenue: false };
}

function share(cents: number, of: number, random: Random): number {
  return Math.max(100, Math.round(cents * of * (0.7 + random.next() * 0.6)));
}

function numbered(pattern: string, random: Random): string {
  return pattern.replace('{n}', String(random.between(100_000, 999_999)));
}
