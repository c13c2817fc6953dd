import { createHash, randomUUID } from 'node:crypto';
import { DomainError } from '@uw-wizard/shared/errors';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { IDEMPOTENCY_KEY_REUSED } from '@uw-wizard/shared/platform/problem';
import { IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_STORE_UNAVAILABLE } from '../errors.ts';
import type { IdempotencyStore, StoredAnswer } from './store.ts';

export type RunOnceDeps = { store: IdempotencyStore; log: Logger; leaseMs?: number; keepMs?: number };

/** A larger answer is not kept: its repeat gets it from the service's own record. */
const maxKeptBytes = 1024 * 1024;

/** What the work gave: the answer for the client, and what of it may be kept for repeats (null: nothing). */
export type Outcome = { answer: StoredAnswer; keep: StoredAnswer | null };

/** The store's name for one key of one caller on one path. */
export function scopeOf(call: { tenant: string; sub: string; method: string; path: string; key: string }): string {
  const { tenant, sub, method, path, key } = call;
  return createHash('sha256')
    .update(JSON.stringify([tenant, sub, method, path, key]))
    .digest('hex');
}

/** What makes two requests under one key the same: query as sent, media type, and the body's own digest. Hex SHA-256. */
export function fingerprintOf(query: string, body: { mediaType: string; digest: string }): string {
  return createHash('sha256')
    .update(JSON.stringify([query, body.mediaType, body.digest]))
    .digest('hex');
}

/**
 * Does `work` for the first request with a key and gives every later one the kept answer, marked `idempotent-replayed`.
 * While the first runs, others get `idempotency-in-progress`; another request under the key `idempotency-key-reused`.
 * `admit` is called for everything but a replay, and may throw: replays are free. An outcome that is not kept, and an
 * error, set the key free: the repeat goes to the service, which answers from its own record when the effect happened.
 */
export async function runOnce(
  deps: RunOnceDeps,
  request: { scope: string; fingerprint: string; admit: () => Promise<void>; work: () => Promise<Outcome> },
): Promise<StoredAnswer> {
  const { store, log, leaseMs = 15_000, keepMs = 24 * 3_600_000 } = deps;
  const { scope, fingerprint } = request;
  const owner = randomUUID();
  const claim = await store.claim(scope, { fingerprint, owner, leaseMs }).catch((cause: unknown) => {
    // It may have been heard all the same; then the repeat should not have to wait for the lease to end.
    store.release(scope, owner).catch(() => undefined);
    throw new DomainError(IDEMPOTENCY_STORE_UNAVAILABLE, 'Nothing was done. Try again with the same key.', {
      retryAfterSeconds: 1,
      cause,
    });
  });
  if (claim.outcome === 'replay') {
    return { ...claim.answer, headers: { ...claim.answer.headers, 'idempotent-replayed': 'true' } };
  }
  if (claim.outcome !== 'claimed') {
    await request.admit();
    throw claim.outcome === 'mismatch' ? reused() : inProgress();
  }
  const attempt = (what: string, step: () => Promise<boolean>) =>
    step().then(
      (ours) => ours || log.warn({ what }, 'an idempotency claim was lost while its call ran'),
      (err: unknown) => log.warn({ err, what }, 'the idempotency store failed; the service keeps its own record'),
    );
  const renewal = setInterval(() => attempt('renew', () => store.renew(scope, owner, leaseMs)), leaseMs / 3);
  try {
    await request.admit();
    const { answer, keep } = await request.work();
    if (keep !== null && keep.body.length <= maxKeptBytes)
      await attempt('complete', () => store.complete(scope, owner, keep, keepMs));
    else await attempt('release', () => store.release(scope, owner));
    return answer;
  } catch (error) {
    await attempt('release', () => store.release(scope, owner));
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

function reused(): DomainError {
  return new DomainError(
    IDEMPOTENCY_KEY_REUSED,
    'This Idempotency-Key belongs to another request. Send a new key with a new request.',
  );
}

function inProgress(): DomainError {
  return new DomainError(IDEMPOTENCY_IN_PROGRESS, 'Repeat the request with the same key to get its answer.', {
    retryAfterSeconds: 1,
  });
}
