import { describe, expect, it } from 'vitest';
import { describeIdempotencyStore } from '../../test/idempotency-store.contract.ts';
import { createMemoryIdempotencyStore } from './memory-store.ts';

function openWithClock(bounds: Parameters<typeof createMemoryIdempotencyStore>[0] = {}) {
  let now = 1;
  const store = createMemoryIdempotencyStore({ ...bounds, nowMs: () => now });
  return {
    store,
    async advance(ms: number) {
      now += ms;
    },
  };
}

describeIdempotencyStore('in memory', async () => openWithClock());

describe('the idempotency store in memory', () => {
  const done = (bytes: number) => ({ status: 200, headers: {}, body: Buffer.alloc(bytes) });
  const attempt = (owner: string) => ({ fingerprint: 'f', owner, leaseMs: 500 });

  it('makes room for newer answers when it holds too many bytes, and never at the cost of a running claim', async () => {
    const { store } = openWithClock({ maxBytes: 10_000 });
    await store.claim('running', attempt('o'));
    for (const scope of ['a', 'b', 'c']) {
      await store.claim(scope, attempt(scope));
      await store.complete(scope, scope, done(4_000), 60_000);
    }
    expect((await store.claim('a', attempt('o2'))).outcome).toBe('claimed');
    expect((await store.claim('c', attempt('o2'))).outcome).toBe('replay');
    expect((await store.claim('running', attempt('o2'))).outcome).toBe('in-flight');
  });

  it('keeps no more memory than the answer itself has', async () => {
    const { store } = openWithClock();
    await store.claim('a', attempt('o'));
    await store.complete('a', 'o', { status: 200, headers: {}, body: Buffer.from('a small answer') }, 60_000);
    const replay = await store.claim('a', attempt('o2'));
    expect(replay.outcome === 'replay' && replay.answer.body.toString()).toBe('a small answer');
    expect(replay.outcome === 'replay' && replay.answer.body.buffer.byteLength).toBe(14);
  });

  it('refuses claims rather than hold more than its bound, until some have ended', async () => {
    const { store, advance } = openWithClock({ maxClaims: 2 });
    await store.claim('a', attempt('o'));
    await store.claim('b', attempt('o'));
    await expect(store.claim('c', attempt('o'))).rejects.toThrow('2 claims');
    await advance(600);
    expect((await store.claim('c', attempt('o'))).outcome).toBe('claimed');
  });
});
