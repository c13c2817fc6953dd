import { textGrid } from '@uw-wizard/testkit/statements/text-grid';
import { describe, expect, test } from 'vitest';
import { dateAtStart } from './dates.ts';
import { linesOf } from './lines.ts';
import { datedWithin, periodOf } from './period.ts';

const period = (text: string, dayFirst = false) => {
  const { start, end } = periodOf(linesOf(textGrid(text)), dayFirst);
  return `${start} ${end}`;
};

describe('The period of a statement', () => {
  test.each([
    ['January 1, 2025 through January 31, 2025', '2025-01-01 2025-01-31'],
    ['Statement Period: 01/01/2025 - 01/31/2025', '2025-01-01 2025-01-31'],
    ['Statement period 2025-01-01 through 2025-01-31', '2025-01-01 2025-01-31'],
    ['For 12/16/24 to 01/15/25', '2024-12-16 2025-01-15'],
    ['Jan 01 2025-Jan 31 2025', '2025-01-01 2025-01-31'],
    ['December 16 - January 15, 2025', '2024-12-16 2025-01-15'],
    ['from 1 May 2026 to 31 May 2026', '2026-05-01 2026-05-31'],
    [
      'Beginning balance on January 1, 2025   $10.00\nEnding balance on January 31, 2025   $10.00',
      '2025-01-01 2025-01-31',
    ],
    ['Last statement: December 31, 2024\nThis statement: January 31, 2025', '2025-01-01 2025-01-31'],
    ['Account Statement - February 2024', '2024-02-01 2024-02-29'],
    [
      'Statement date: January 31, 2025\nBeginning balance on 1/1  $5.00\nEnding balance on 1/31  $5.00',
      '2025-01-01 2025-01-31',
    ],
    ['Statement Period:\nMar 3, 2025\nthrough\nMar 31, 2025', '2025-03-03 2025-03-31'],
    ['May 29 through June 26', 'null null'],
    ['Fees change between 01/01/2025 and 12/31/2026', 'null null'],
    ['No dates at all', 'null null'],
  ])('%s', (text, expected) => {
    expect(period(text)).toBe(expected);
  });

  test('31/01/2025 is January in a document that writes the day first', () => {
    expect(period('Statement period 01/01/2025 - 31/01/2025', true)).toBe('2025-01-01 2025-01-31');
  });
});

describe('A row without a year', () => {
  const within = { start: '2024-12-16', end: '2025-01-15', yearMissing: false };
  test.each([
    ['12/30 Deposit', '2024-12-30'],
    ['1/2 Deposit', '2025-01-02'],
    ['Jan 02 Deposit', '2025-01-02'],
    ['12/15/2024 Deposit', '2024-12-15'],
  ])('%s takes the year that puts it into the period', (text, expected) => {
    const found = dateAtStart(text);
    expect(found === null ? null : datedWithin(found.date, within)).toBe(expected);
  });

  test('has no date when nothing tells the year', () => {
    expect(datedWithin({ year: null, month: 5, day: 30 }, { start: null, end: null, yearMissing: true })).toBeNull();
  });

  test.each(['13/45 Deposit', '02/30/2025 Deposit', '1-800-555-0100', 'Mayfair Hotel', 'March'])(
    '%s begins with no date',
    (text) => {
      expect(dateAtStart(text)).toBeNull();
    },
  );
});
