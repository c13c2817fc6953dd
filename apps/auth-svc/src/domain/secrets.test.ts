import { expect, test } from 'vitest';
import { hashSecret, sameDigest, splitRefreshToken } from './secrets.ts';

test('two digests are the same only when every byte is', () => {
  expect(sameDigest(hashSecret('a'), hashSecret('a'))).toBe(true);
  expect(sameDigest(hashSecret('a'), hashSecret('b'))).toBe(false);
  expect(sameDigest(hashSecret('a'), hashSecret('a').slice(2))).toBe(false);
});

test('a refresh token that is not "session.secret" is nobody\'s', () => {
  const id = '01890a5d-ac96-774b-bcce-b302099a8057';
  const secret = 'x'.repeat(43);
  expect(splitRefreshToken(`${id}.${secret}`)).toEqual({ sessionId: id, secret });
  for (const bad of ['', id, `${id}.`, `${id}.${secret}x`, `${secret}.${id}`, `${id}.${secret}\n`]) {
    expect(splitRefreshToken(bad)).toBeNull();
  }
});
