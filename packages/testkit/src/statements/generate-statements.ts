import type { PlannedMonth } from './analysis-truth.ts';
import { analysisTruth } from './analysis-truth.ts';
import { daysOf, monthsEnding } from './calendar.ts';
import { drawPdf } from './canvas.ts';
import { columns } from './layouts/columns.ts';
import { datesOnce } from './layouts/dates-once.ts';
import type { LayoutStyle } from './layouts/layout.ts';
import { sections } from './layouts/sections.ts';
import { signed } from './layouts/signed.ts';
import { planMonth } from './plan-month.ts';
import { createRandom } from './random.ts';
import type { GenerateOptions, Layout, StatementFile, StatementTruth } from './truth.ts';

const STYLES: Record<Layout, LayoutStyle> = { columns, signed, sections, 'dates-once': datesOnce };

export const LAYOUTS: readonly Layout[] = ['columns', 'signed', 'sections', 'dates-once'];

/**
 * Statements of an invented merchant at an invented bank, one PDF per month, with what a reader must find in them. Without further
 * options the merchant is clean: about 60,000 dollars a month, no returned items, no day below zero, and everything adds up.
 * The months follow each other on one account: each opens with the balance the one before closed with.
 * `analysis` is the same on every file: it speaks of all of them together.
 */
export async function generateStatements(options: GenerateOptions): Promise<StatementFile[]> {
  const {
    seed,
    legalName,
    layout = 'columns',
    nsfCount = 0,
    fundingPositions = [],
    monthlyRevenueCents = 6_000_000,
    onePage = false,
  } = options;
  const random = createRandom(seed);
  const style = STYLES[layout];
  const accountNumber = String(random.between(1_000_000_000, 9_999_999_999));
  const address: [string, string] = [
    `${random.between(100, 9999)} Market Street`,
    `Springfield, IL ${random.between(62_701, 62_799)}`,
  ];
  const months = monthsEnding(options.endingMonth ?? '2026-10', options.months ?? 3);
  const planned: PlannedMonth[] = [];
  let balance = Math.round(monthlyRevenueCents * (0.45 + random.next() * 0.2));
  for (const [at, month] of months.entries()) {
    const movements = planMonth({
      month,
      revenueCents: Math.round(monthlyRevenueCents * (0.94 + random.next() * 0.12)),
      beginningBalanceCents: balance,
      nsfCount: Math.floor(nsfCount / months.length) + (at < nsfCount % months.length ? 1 : 0),
      positions: fundingPositions,
      onePage,
      random,
    });
    planned.push({ month, beginningBalanceCents: balance, movements });
    balance += movements.reduce((sum, { amountCents }) => sum + amountCents, 0);
  }
  const analysis = analysisTruth(planned, nsfCount, fundingPositions);
  const files: StatementFile[] = [];
  for (const month of planned) {
    const truth = truthOf(month, style, legalName, accountNumber);
    const pdf = await drawPdf(`Statement ${month.month}`, truth.periodEnd, (canvas) =>
      style.draw(canvas, { truth, movements: month.movements, address, accountNumber }),
    );
    files.push({ filename: `statement-${month.month}.pdf`, pdf, truth, analysis });
  }
  return files;
}

function truthOf(month: PlannedMonth, style: LayoutStyle, holder: string, accountNumber: string): StatementTruth {
  const { movements, beginningBalanceCents } = month;
  const days = daysOf(month.month);
  const sum = (direction: 1 | -1): number =>
    movements.reduce((total, { amountCents }) => total + Math.max(0, amountCents * direction), 0);
  const [depositsCents, withdrawalsCents] = [sum(1), sum(-1)];
  return {
    bank: style.bank,
    accountLast4: accountNumber.slice(-4),
    holder,
    periodStart: days[0] ?? '',
    periodEnd: days.at(-1) ?? '',
    beginningBalanceCents,
    endingBalanceCents: beginningBalanceCents + depositsCents - withdrawalsCents,
    depositsCents,
    withdrawalsCents,
    transactions: style.rows(movements, beginningBalanceCents),
  };
}
