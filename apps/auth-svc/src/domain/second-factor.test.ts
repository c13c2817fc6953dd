import { expect, test } from 'vitest';
import { hashRecoveryCode, recoveryCodeOf } from './second-factor.ts';

test('a recovery code has all the bits of its ten bytes, in letters that are not mistaken for others', () => {
  expect(recoveryCodeOf(new Uint8Array(10))).toBe('aaaa-aaaa-aaaa-aaaa');
  expect(recoveryCodeOf(new Uint8Array(10).fill(255))).toBe('9999-9999-9999-9999');
  expect(recoveryCodeOf(Uint8Array.from([0, 0, 0, 0, 1, 128, 0, 0, 0, 0]))).toBe('aaaa-aaab-saaa-aaaa');
  const all = new Set(Array.from({ length: 256 }, (_, byte) => recoveryCodeOf(new Uint8Array(10).fill(byte))));
  expect(all.size).toBe(256);
  expect([...all].join('')).not.toMatch(/[lo01]/);
});

test('a recovery code is the same however it is written, and good for its user only', () => {
  const kept = hashRecoveryCode('u1', 'abcd-efgh-ijkm-npqr');
  expect(hashRecoveryCode('u1', ' ABCD EFGHIJKM-npqr ')).toBe(kept);
  expect(hashRecoveryCode('u2', 'abcd-efgh-ijkm-npqr')).not.toBe(kept);
});
