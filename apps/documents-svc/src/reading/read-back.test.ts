import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateStatements, LAYOUTS } from '@uw-wizard/testkit/statements/generate-statements';
import type { AnalysisTruth, GenerateOptions, StatementFile } from '@uw-wizard/testkit/statements/truth';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analyseStatements } from '../domain/statement/analyse-statements.ts';
import { readPdf } from './statement.worker.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-back-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read({ filename, pdf }: StatementFile) {
  const pdfPath = join(folder, filename);
  await writeFile(pdfPath, pdf);
  const result = await readPdf({ pdfPath, maxPages: 60 });
  if (result.kind !== 'statement') throw new Error(`${filename} was read as ${JSON.stringify(result)}`);
  return result;
}

async function readBack(options: GenerateOptions): Promise<void> {
  const files = await generateStatements(options);
  const reads = [];
  for (const file of files) {
    const { truth } = file;
    const { statement, transactions } = await read(file);
    expect(statement).toEqual({
      bank: truth.bank,
      account_last4: truth.accountLast4,
      holder: truth.holder,
      period_start: truth.periodStart,
      period_end: truth.periodEnd,
      beginning_balance_cents: truth.beginningBalanceCents,
      ending_balance_cents: truth.endingBalanceCents,
      deposits_cents: truth.depositsCents,
      withdrawals_cents: truth.withdrawalsCents,
      transaction_count: truth.transactions.length,
      reconciled: true,
      confidence: 1,
      flags: [],
    });
    expect(transactions.map(({ category, ...row }) => ({ ...row, revenue: category === 'revenue' }))).toEqual(
      truth.transactions,
    );
    reads.push({ statement, transactions });
  }
  expect(analyseStatements(reads)).toEqual(wire(files[0]?.analysis));
}

function wire(truth: AnalysisTruth | undefined) {
  return {
    status: 'done',
    months: truth?.months,
    avg_monthly_revenue_cents: truth?.avgMonthlyRevenueCents,
    avg_monthly_deposits_cents: truth?.avgMonthlyDepositsCents,
    avg_daily_balance_cents: truth?.avgDailyBalanceCents,
    nsf_count: truth?.nsfCount,
    negative_days: truth?.negativeDays,
    deposit_count: truth?.depositCount,
    positions: truth?.positions,
    flags: [],
  };
}

describe('A statement is read back to the cent, row by row, and three months to their true figures', () => {
  test.each(LAYOUTS)('in the layout "%s", with returned items and two advances', async (layout) => {
    await readBack({
      seed: 11,
      legalName: 'Prairie & Sons Bakery LLC',
      layout,
      nsfCount: 4,
      fundingPositions: [
        { funder: 'OnDeck', paymentCents: 31_250, frequency: 'daily' },
        { funder: 'Libertas Funding', paymentCents: 90_000, frequency: 'weekly' },
        { funder: 'Fundbox', paymentCents: 120_000, frequency: 'monthly' },
      ],
    });
  });

  test('whatever the merchant, the layout, the size of its sales and the months', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.integer({ min: 0, max: 2 ** 31 }),
          legalName: fc.constantFrom(
            'Prairie Bakery LLC',
            'O’Brien Tool & Die, Inc.',
            '4 Corners Deli Corp',
            'A1 AUTO GLASS',
          ),
          layout: fc.constantFrom(...LAYOUTS),
          months: fc.integer({ min: 1, max: 3 }),
          endingMonth: fc.constantFrom('2026-10', '2025-01', '2024-02'),
          monthlyRevenueCents: fc.integer({ min: 500_000, max: 90_000_000 }),
          nsfCount: fc.integer({ min: 0, max: 5 }),
          onePage: fc.boolean(),
        }),
        readBack,
      ),
      { numRuns: 12 },
    );
  });
});
