import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSeals } from './seals.ts';

const [one, two] = [randomBytes(32), randomBytes(32)];

test('what was sealed opens for its purpose, and not when a byte of it was changed', () => {
  const seals = createSeals([one]);
  const sealed = seals.seal('JBSWY3DP', 'second factor of u1');
  expect(sealed).not.toContain('JBSWY3DP');
  expect(seals.open(sealed, 'second factor of u1')).toBe('JBSWY3DP');
  expect(seals.open(sealed, 'second factor of u2')).toBeNull();
  for (let at = 9; at < sealed.length; at += 1) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    // The last letter may carry bits that stand for nothing.
    if (at < sealed.length - 1) expect(seals.open(changed, 'second factor of u1')).toBeNull();
  }
  for (const other of ['', '.', 'x', `${sealed.slice(0, 9)}AAAA`, sealed.slice(9)]) {
    expect(seals.open(other, 'second factor of u1')).toBeNull();
  }
});

test('a key is changed by giving both, the new one first', () => {
  const sealed = createSeals([one]).seal('text', 'p');
  const both = createSeals([two, one]);
  expect([both.open(sealed, 'p'), both.isDated(sealed)]).toEqual(['text', true]);
  const anew = both.seal('text', 'p');
  expect([both.isDated(anew), createSeals([two]).open(anew, 'p'), createSeals([two]).open(sealed, 'p')]).toEqual([
    false,
    'text',
    null,
  ]);
});
