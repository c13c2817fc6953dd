import { LRUCache } from 'lru-cache';
import type { IdempotencyStore, StoredAnswer } from './store.ts';

type Running = { fingerprint: string; owner: string; expiresAtMs: number };
type Finished = { fingerprint: string; answer: StoredAnswer };

/**
 * The store inside one process, for a gateway that runs alone. Bounded: finished answers make room for newer ones, oldest
 * use first (a repeat of such a one is answered by the service's own record), running claims never do; when there are too
 * many of those, claiming rejects.
 */
export function createMemoryIdempotencyStore(
  options: { maxRecords?: number; maxBytes?: number; maxClaims?: number; nowMs?: () => number } = {},
): IdempotencyStore {
  const { maxRecords = 100_000, maxBytes = 128 * 1024 * 1024, maxClaims = 10_000 } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const running = new Map<string, Running>();
  const finished = new LRUCache<string, Finished>({
    max: maxRecords,
    maxSize: maxBytes,
    sizeCalculation: ({ answer }, scope) => scope.length + answer.body.length + 512,
    ttlResolution: 0,
    perf: { now: nowMs },
  });

  const ownedBy = (scope: string, owner: string): Running | undefined => {
    const claim = running.get(scope);
    return claim?.owner === owner && claim.expiresAtMs > nowMs() ? claim : undefined;
  };
  const makeRoom = () => {
    if (running.size < maxClaims) return;
    for (const [scope, { expiresAtMs }] of running) if (expiresAtMs <= nowMs()) running.delete(scope);
    if (running.size >= maxClaims) throw new Error(`${maxClaims} claims are running`);
  };

  return {
    async claim(scope, { fingerprint, owner, leaseMs }) {
      const done = finished.get(scope);
      if (done !== undefined) {
        return done.fingerprint === fingerprint ? { outcome: 'replay', answer: done.answer } : { outcome: 'mismatch' };
      }
      const claim = running.get(scope);
      if (claim !== undefined && claim.expiresAtMs > nowMs()) {
        return { outcome: claim.fingerprint === fingerprint ? 'in-flight' : 'mismatch' };
      }
      running.delete(scope);
      makeRoom();
      running.set(scope, { fingerprint, owner, expiresAtMs: nowMs() + leaseMs });
      return { outcome: 'claimed' };
    },
    async renew(scope, owner, leaseMs) {
      const claim = ownedBy(scope, owner);
      if (claim !== undefined) claim.expiresAtMs = nowMs() + leaseMs;
      return claim !== undefined;
    },
    async complete(scope, owner, answer, keepMs) {
      const claim = ownedBy(scope, owner);
      if (claim === undefined) return false;
      running.delete(scope);
      const kept = { ...answer, body: inMemoryOfItsOwn(answer.body) };
      finished.set(scope, { fingerprint: claim.fingerprint, answer: kept }, { ttl: keepMs });
      return true;
    },
    async release(scope, owner) {
      const claim = ownedBy(scope, owner);
      if (claim !== undefined) running.delete(scope);
      return claim !== undefined;
    },
  };
}

/** A small Buffer is a window on a pool shared with others; kept for a day, it would keep all of the pool. */
function inMemoryOfItsOwn(body: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(body.length);
  body.copy(own);
  return own;
}
