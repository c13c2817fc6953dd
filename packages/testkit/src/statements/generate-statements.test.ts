import { describe, expect, test } from 'vitest';
import { generateStatements, LAYOUTS } from './generate-statements.ts';

describe('Generated statements', () => {
  test.each(LAYOUTS)('of one seed are the same bytes every time, of another seed others (%s)', async (layout) => {
    const make = (seed: number) => generateStatements({ seed, legalName: 'Prairie Bakery LLC', layout, months: 1 });
    const [[first], [again], [other]] = [await make(4), await make(4), await make(5)];
    expect(first?.pdf.equals(again?.pdf ?? Buffer.alloc(0))).toBe(true);
    expect(first?.pdf.equals(other?.pdf ?? Buffer.alloc(0))).toBe(false);
  });

  test('are those of a clean merchant unless something else is asked for', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const files = await generateStatements({ seed, legalName: 'Prairie Bakery LLC' });
      expect(files.map(({ filename }) => filename)).toEqual([
        'statement-2026-08.pdf',
        'statement-2026-09.pdf',
        'statement-2026-10.pdf',
      ]);
      expect(files[0]?.analysis).toMatchObject({ months: 3, nsfCount: 0, negativeDays: 0, positions: [] });
      expect(files[0]?.analysis.avgMonthlyRevenueCents).toBeGreaterThan(5_500_000);
      expect(files[0]?.analysis.avgMonthlyRevenueCents).toBeLessThan(6_500_000);
    }
  });

  test('follow each other: each month opens with the balance the one before closed with, and its rows lead there', async () => {
    const files = await generateStatements({ seed: 9, legalName: 'Prairie Bakery LLC', endingMonth: '2025-01' });
    const truths = files.map(({ truth }) => truth);
    expect(truths.map(({ periodStart }) => periodStart)).toEqual(['2024-11-01', '2024-12-01', '2025-01-01']);
    expect(truths[1]?.beginningBalanceCents).toBe(truths[0]?.endingBalanceCents);
    for (const { transactions, beginningBalanceCents, endingBalanceCents } of truths) {
      expect(beginningBalanceCents + transactions.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(
        endingBalanceCents,
      );
    }
  });

  const short = LAYOUTS.filter((layout) => layout !== 'sections');
  test.each(short)('have one page where one page is asked for (%s)', async (layout) => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const files = await generateStatements({ seed, legalName: 'Prairie Bakery LLC', layout, onePage: true });
      for (const { pdf } of files) expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)).toHaveLength(1);
    }
  });
});
