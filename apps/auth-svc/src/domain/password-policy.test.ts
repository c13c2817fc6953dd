import { DomainError } from '@uw-wizard/shared/errors';
import { describe, expect, test } from 'vitest';
import { checkPassword } from './password-policy.ts';

const leaked = new Set(['leavemealone', 'password', 'sunshine', '123456']);
const account = { pointer: '#/password', email: 'rosalind.franklin@example.com', name: 'Rosalind Franklin' };

function refusalOf(password: string): string | null {
  try {
    checkPassword(password, { ...account, isListed: (text) => leaked.has(text) });
    return null;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.errors?.[0]?.detail ?? '';
  }
}

describe('a password', () => {
  test.each([
    'correct horse battery staple',
    'twelve chars',
    'пароль из слов',
    '雨の日は本を読んで過ごします。',
    '🌧🌧🌦🌦⛅⛅🌤🌤🌞🌞🌙🌙🌟🌟',
    'vK2-9mQx_7Lp',
    'x1'.concat('abcdefghij'),
  ])('%j is good: words, any script, no rule about kinds of characters', (password) => {
    expect(refusalOf(password)).toBeNull();
  });

  test.each(['', 'eleven char', '🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞🌞'])('%j is too short: fewer than 12 characters', (password) => {
    expect(refusalOf(password)).toContain('12 characters or more');
  });

  test('has 128 characters at most, whatever each of them takes in memory', () => {
    const long = Array.from({ length: 64 }, (_, at) => `${String.fromCodePoint(0x1f300 + at)}a`).join('');
    expect(refusalOf(long)).toBeNull();
    expect(refusalOf(`${long}b`)).toContain('128 characters at most');
  });

  test.each([
    'leavemealone',
    'LeaveMeAlone',
    'Password2026!',
    '123sunshine123',
    'passwordpassword',
    'aaaaaaaaaaaaaaaa',
    'abababababab',
    '123456123456',
  ])('%j has leaked, or is close to one that has', (password) => {
    expect(refusalOf(password)).toContain('leaked');
  });

  test.each(['rosalind.franklin@example.com', 'Rosalind.Franklin1', 'rosalindfranklin2026'])(
    '%j is the account itself',
    (password) => {
      expect(refusalOf(password)).toContain('the name or the address');
    },
  );
});
