import { expect, test } from 'vitest';
import { unreadableStatement } from '../domain/statement-set.ts';
import type { ReadResult } from '../reading/read-result.ts';
import { soundReading } from './sound-reading.ts';

const row = { date: '2026-10-01', description: 'DEPOSIT', amountCents: 5, runningBalanceCents: null };

function reading(more: Partial<ReturnType<typeof unreadableStatement>>, rows: Partial<typeof row>[] = []): ReadResult {
  const statement = { ...unreadableStatement('no-rows', 'none'), ...more };
  return {
    kind: 'statement',
    pages: 1,
    statement,
    transactions: rows.map((one) => ({ ...row, ...one, category: 'revenue' })),
  };
}

test('an ordinary reading is kept as it is', () => {
  const ordinary = reading({ holder: 'Prairie Bakery LLC', deposits_cents: 6_000_000 }, [{}, { amountCents: -7 }]);
  expect(soundReading(ordinary)).toEqual(ordinary);
});

test('characters that no database keeps are left out of every text', () => {
  const odd = reading({ holder: 'Prairie\0 Bakery', flags: [{ code: 'x', detail: 'a\0b' }] }, [
    { description: 'A\ud800\0B' },
  ]);
  const sound = soundReading(odd);
  expect(sound).toMatchObject({
    statement: { holder: 'Prairie Bakery', flags: [{ detail: 'ab' }] },
    transactions: [{ description: 'A\ufffdB' }],
  });
});

test('a text longer than any bank prints is cut, so that no file makes an event that the bus refuses', () => {
  const sound = soundReading(
    reading({ holder: 'X'.repeat(2_000_000) }, [{ description: `${'A'.repeat(999)}\u{1f600}` }]),
  );
  expect(sound).toMatchObject({
    statement: { holder: 'X'.repeat(1000) },
    transactions: [{ description: `${'A'.repeat(999)}\ufffd` }],
  });
});

test.each([
  ['balances beyond any account', reading({ ending_balance_cents: -2e14 })],
  ['rows that add up beyond exact figures', reading({}, [{ amountCents: 9e13 }, { amountCents: -9e13 }])],
  ['a day that does not exist', reading({ period_start: '2026-02-31' })],
])('a file with %s is malformed', (_, result) => {
  expect(soundReading(result).kind).toBe('malformed');
});
