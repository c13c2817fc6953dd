import fc from 'fast-check';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { describe, expect, it } from 'vitest';
import { createAllowances } from './allowances.ts';

/** Counts what a limiter is asked. A window that does not end while the test runs. */
function countedLimiter(points: number) {
  const limiter = new RateLimiterMemory({ points, duration: 3_600 });
  const consume = limiter.consume.bind(limiter);
  const counted = { limiter, asked: 0 };
  limiter.consume = (...args) => {
    counted.asked += 1;
    return consume(...args);
  };
  return counted;
}

const granted = (taken: readonly { granted: boolean }[]) => taken.filter((each) => each.granted).length;

describe('a quota that gateways share', () => {
  it('is given out to the last point by a gateway alone, and not one point more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20 }), async (points, batch) => {
        const allowances = createAllowances(countedLimiter(points).limiter, batch);
        const taken = await Promise.all(Array.from({ length: points + 20 }, () => allowances.take('a')));
        expect(granted(taken)).toBe(points);
      }),
    );
  });

  it('is never exceeded by several together, and no more than a batch of each is left over', async () => {
    const gateways = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 150, maxLength: 150 });
    await fc.assert(
      fc.asyncProperty(gateways, fc.integer({ min: 1, max: 20 }), async (calls, batch) => {
        const points = 60;
        const { limiter } = countedLimiter(points);
        const each = [0, 1, 2].map(() => createAllowances(limiter, batch));
        const taken = await Promise.all(calls.map((gateway) => each[gateway]?.take('a') ?? { granted: false }));
        expect(granted(taken)).toBeLessThanOrEqual(points);
        expect(granted(taken)).toBeGreaterThanOrEqual(points - 2 * batch);
      }),
      { numRuns: 20 },
    );
  });

  it('is asked for once in a batch, and no more once it is used up', async () => {
    const counted = countedLimiter(100);
    const allowances = createAllowances(counted.limiter, 10);
    for (let call = 0; call < 100; call += 1) expect((await allowances.take('a')).granted).toBe(true);
    expect(counted.asked).toBe(10);
    for (let call = 0; call < 50; call += 1) expect((await allowances.take('a')).granted).toBe(false);
    expect(counted.asked).toBe(10);
  });

  it('says how much is left, and takes a point back', async () => {
    const allowances = createAllowances(countedLimiter(3).limiter, 1);
    const first = await allowances.take('a');
    expect(first).toMatchObject({ granted: true, remaining: 2 });
    first.giveBack();
    expect(await allowances.take('a')).toMatchObject({ granted: true, remaining: 2 });
    expect((await allowances.take('b')).remaining).toBe(2);
  });
});
