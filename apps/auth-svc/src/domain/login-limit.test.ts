import { expect, test } from 'vitest';
import { accountLimit, waitSeconds, waitsOf } from './login-limit.ts';

test('ten attempts at an account are free; after that each one makes the wait twice as long, up to a quarter of an hour', () => {
  const waits = Array.from({ length: 25 }, (_, at) => waitSeconds(at + 1, accountLimit));
  expect(waits.slice(0, 9)).toEqual(Array(9).fill(0));
  expect(waits.slice(9, 14)).toEqual([1, 2, 4, 8, 16]);
  expect(waits.at(-1)).toBe(900);
  expect(waitSeconds(100_000, accountLimit)).toBe(900);
  expect(waitsOf(accountLimit)).toEqual(waits.slice(0, waitsOf(accountLimit).length));
  expect(waitsOf(accountLimit).at(-1)).toBe(900);
});
