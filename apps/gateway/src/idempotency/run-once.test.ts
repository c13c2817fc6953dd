import { DomainError } from '@uw-wizard/shared/errors';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { eventually } from '@uw-wizard/testkit/eventually';
import { describe, expect, it } from 'vitest';
import { createMemoryIdempotencyStore } from './memory-store.ts';
import { type Outcome, runOnce, scopeOf } from './run-once.ts';
import type { IdempotencyStore } from './store.ts';

const log = createLogger({ service: 'gateway', level: 'silent' });
const answer = { status: 200, headers: { etag: '"1"' }, body: Buffer.from('one') };
const kept: Outcome = { answer, keep: answer };

function request(work: () => Promise<Outcome>, more: Partial<Parameters<typeof runOnce>[1]> = {}) {
  return { scope: 's', fingerprint: 'f', admit: async () => undefined, work, ...more };
}

async function codeOf(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => undefined,
    (error: unknown) => (error instanceof DomainError ? error.kind.code : error),
  );
}

describe('work done once per key', () => {
  it('keeps its claim for as long as the work takes, however short the lease', async () => {
    const deps = { store: createMemoryIdempotencyStore(), log, leaseMs: 60 };
    const slow = Promise.withResolvers<Outcome>();
    const first = runOnce(
      deps,
      request(() => slow.promise),
    );
    const begun = performance.now();
    await eventually(async () => {
      expect(
        await codeOf(
          runOnce(
            deps,
            request(async () => kept),
          ),
        ),
      ).toBe('idempotency-in-progress');
      expect(performance.now() - begun).toBeGreaterThan(200);
    });
    slow.resolve(kept);
    expect(await first).toEqual(answer);
    expect(
      (
        await runOnce(
          deps,
          request(async () => kept),
        )
      ).headers['idempotent-replayed'],
    ).toBe('true');
  });

  it('is not begun while the store cannot be reached', async () => {
    const away = async () => Promise.reject(new Error('connection refused'));
    const store: IdempotencyStore = { claim: away, renew: away, complete: away, release: away };
    let begun = 0;
    const run = runOnce(
      { store, log },
      request(async () => {
        begun += 1;
        return kept;
      }),
    );
    await expect(run).rejects.toMatchObject({ kind: { code: 'idempotency-store-unavailable' }, retryAfterSeconds: 1 });
    expect(begun).toBe(0);
  });

  it('answers its client even when the store is lost on the way', async () => {
    const inner = createMemoryIdempotencyStore();
    const away = async () => Promise.reject(new Error('connection lost'));
    const store: IdempotencyStore = { ...inner, complete: away, release: away };
    expect(
      await runOnce(
        { store, log },
        request(async () => kept),
      ),
    ).toEqual(answer);
  });

  it('charges everything but a replay', async () => {
    const deps = { store: createMemoryIdempotencyStore(), log };
    let charged = 0;
    const admit = async () => {
      charged += 1;
    };
    await runOnce(
      deps,
      request(async () => kept, { admit }),
    );
    expect(charged).toBe(1);
    await runOnce(
      deps,
      request(async () => kept, { admit }),
    );
    expect(charged).toBe(1);
    await codeOf(
      runOnce(
        deps,
        request(async () => kept, { admit, fingerprint: 'other' }),
      ),
    );
    expect(charged).toBe(2);
  });

  it('sets the key free when the call is not let through', async () => {
    const deps = { store: createMemoryIdempotencyStore(), log };
    const admit = () => Promise.reject(new Error('too many'));
    await codeOf(
      runOnce(
        deps,
        request(async () => kept, { admit }),
      ),
    );
    expect(
      await runOnce(
        deps,
        request(async () => kept),
      ),
    ).toEqual(answer);
  });
});

describe('the scope of a key', () => {
  it('is one tenant, one caller, one method, one path', () => {
    const call = { tenant: 'demo', sub: 'u1', method: 'POST', path: '/api/deals/start', key: 'k' };
    const others = [
      { ...call, tenant: 'other' },
      { ...call, sub: 'u2' },
      { ...call, method: 'PUT' },
      { ...call, path: '/api/deals' },
      { ...call, key: 'l' },
      { ...call, tenant: 'dem', sub: 'ou1' },
    ];
    expect(new Set([call, ...others].map(scopeOf)).size).toBe(7);
    expect(scopeOf({ ...call })).toBe(scopeOf(call));
  });
});
