import { expect, test } from 'vitest';
import { createTotp } from './totp.ts';

const totp = createTotp('UW Wizard');
/** The secret of RFC 6238, appendix B: "12345678901234567890" in base32. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const at = (seconds: number) => new Date(seconds * 1_000);

test('codes are those of RFC 6238', () => {
  expect(totp.stepOf(secret, '287082', at(59))).toBe(1);
  expect(totp.stepOf(secret, '081804', at(1_111_111_109))).toBe(37_037_036);
  expect(totp.stepOf(secret, '005924', at(1_234_567_890))).toBe(41_152_263);
  expect(totp.stepOf(secret, '005925', at(1_234_567_890))).toBeNull();
});

test('a code is good for half a minute before and after its time, as clocks and fingers go, and belongs to its own step', () => {
  expect(totp.stepOf(secret, '287082', at(59 + 30))).toBe(1);
  expect(totp.stepOf(secret, '287082', at(30 - 1))).toBe(1);
  expect(totp.stepOf(secret, '287082', at(59 + 61))).toBeNull();
});

test('what an app reads names the house and the account', () => {
  const uri = new URL(totp.uriOf(secret, 'ada@example.com'));
  expect(uri.protocol).toBe('otpauth:');
  expect([uri.searchParams.get('secret'), uri.searchParams.get('issuer')]).toEqual([secret, 'UW Wizard']);
  expect(decodeURIComponent(uri.pathname)).toContain('ada@example.com');
  expect(totp.newSecret()).toMatch(/^[A-Z2-7]{32}$/);
});
