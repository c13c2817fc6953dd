import fc from 'fast-check';
import { validate, version } from 'uuid';
import { expect, test } from 'vitest';
import { idAfter } from './id-after.ts';

const year3000 = 32_503_680_000_000;

test('an id sorts after the one before, whenever and by whatever clock that was made', () => {
  const previous = fc.tuple(fc.integer({ min: 0, max: year3000 }), fc.uuid({ version: 7 })).map(([msecs, id]) => {
    const time = msecs.toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}${id.slice(13)}`;
  });
  fc.assert(
    fc.property(previous, (id) => {
      const next = idAfter(id);
      expect(next > id).toBe(true);
      expect([validate(next), version(next)]).toEqual([true, 7]);
    }),
  );
});

test('the first id is of now', () => {
  const before = Date.now();
  const msecs = Number.parseInt(idAfter(null).replaceAll('-', '').slice(0, 12), 16);
  expect(msecs).toBeGreaterThanOrEqual(before);
  expect(msecs).toBeLessThanOrEqual(Date.now());
});
