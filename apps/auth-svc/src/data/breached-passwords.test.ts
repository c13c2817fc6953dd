import { expect, test } from 'vitest';
import { isBreached } from './breached-passwords.ts';

test('passwords that have leaked are known, in small letters; others are not', () => {
  for (const leaked of ['password', 'qwertyuiop', '1q2w3e4r5t6y', 'leavemealone'])
    expect(isBreached(leaked)).toBe(true);
  for (const other of ['correct horse battery staple', 'vk2-9mqx_7lp', '']) expect(isBreached(other)).toBe(false);
});
