import { describe, expect, it } from 'vitest';
import type { IdempotencyStore, StoredAnswer } from '../src/idempotency/store.ts';

/** A store under test. `advance` lets that much time go by, as the store tells time. */
export type StoreUnderTest = { store: IdempotencyStore; advance(ms: number): Promise<void> };

/** What every driver of the idempotency store promises. */
export function describeIdempotencyStore(driver: string, open: () => Promise<StoreUnderTest>): void {
  const answer: StoredAnswer = {
    status: 201,
    headers: { 'content-type': 'application/json', location: '/api/deals/1' },
    body: Buffer.from([0, 255, 128, 10, 123]),
  };
  const attempt = (owner: string, fingerprint = 'f1') => ({ fingerprint, owner, leaseMs: 10_000 });

  describe(`the idempotency store (${driver})`, () => {
    it('lets exactly one of many claims at a time through', async () => {
      const { store } = await open();
      const claims = await Promise.all(Array.from({ length: 50 }, (_, n) => store.claim('s', attempt(`o${n}`))));
      const outcomes = claims.map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'claimed')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'in-flight')).toHaveLength(49);
    });

    it('gives the kept answer back, byte for byte, to the same request only', async () => {
      const { store } = await open();
      await store.claim('s', attempt('o1'));
      expect(await store.complete('s', 'o1', answer, 60_000)).toBe(true);
      expect(await store.claim('s', attempt('o2'))).toEqual({ outcome: 'replay', answer });
      expect(await store.claim('s', attempt('o3', 'f2'))).toEqual({ outcome: 'mismatch' });
    });

    it('tells another request under the key apart while the first still runs', async () => {
      const { store } = await open();
      await store.claim('s', attempt('o1'));
      expect(await store.claim('s', attempt('o2', 'f2'))).toEqual({ outcome: 'mismatch' });
    });

    it('keeps scopes apart', async () => {
      const { store } = await open();
      await store.claim('s', attempt('o1'));
      expect(await store.claim('t', attempt('o2', 'f2'))).toEqual({ outcome: 'claimed' });
    });

    it('is free again after a release, for any request', async () => {
      const { store } = await open();
      await store.claim('s', attempt('o1'));
      expect(await store.release('s', 'o1')).toBe(true);
      expect(await store.claim('s', attempt('o2', 'f2'))).toEqual({ outcome: 'claimed' });
    });

    it('is free again when the lease has run out, and the former owner has no say any more', async () => {
      const { store, advance } = await open();
      await store.claim('s', attempt('o1'));
      await advance(12_000);
      expect(await store.claim('s', attempt('o2'))).toEqual({ outcome: 'claimed' });
      expect(await store.renew('s', 'o1', 10_000)).toBe(false);
      expect(await store.complete('s', 'o1', answer, 60_000)).toBe(false);
      expect(await store.release('s', 'o1')).toBe(false);
      expect(await store.claim('s', attempt('o3'))).toEqual({ outcome: 'in-flight' });
    });

    it('holds a claim as long as it is renewed', async () => {
      const { store, advance } = await open();
      await store.claim('s', attempt('o1'));
      for (let round = 0; round < 3; round += 1) {
        await advance(6_000);
        expect(await store.renew('s', 'o1', 10_000)).toBe(true);
      }
      expect(await store.claim('s', attempt('o2'))).toEqual({ outcome: 'in-flight' });
    });

    it('forgets an answer when its time is over', async () => {
      const { store, advance } = await open();
      await store.claim('s', attempt('o1'));
      await store.complete('s', 'o1', answer, 60_000);
      await advance(61_000);
      expect(await store.claim('s', attempt('o2', 'f2'))).toEqual({ outcome: 'claimed' });
    });
  });
}
