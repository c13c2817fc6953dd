import type { Lease } from '../domain/slot.ts';
import type { EnvelopeDeps, TenantData } from './deps.ts';

/** A lease in use. `letGo` ends it inside a transaction that has work to commit anyway. */
export type HeldLease = { letGo(data: Pick<TenantData, 'leases'>): Promise<void> };

/** A lease outlives three renewals that fail. */
const renewEveryMs = 1_000;

/**
 * Does `work` under a lease that was taken, renewing it until the work is done and letting go of it then, if the work has
 * not. A process that dies lets go by renewing no more.
 *
 * Not `exclusively`, which holds one of the process's few lock sessions, waiters included, for as long as the work takes: a
 * provider that is slow about one tenant's envelopes would keep everybody else's waiting. And a lease can be asked for
 * without waiting, in the transaction that decides who sends.
 */
export async function underLease<T>(
  deps: Pick<EnvelopeDeps, 'inTenant' | 'log'>,
  lease: Lease,
  work: (held: HeldLease) => Promise<T>,
): Promise<T> {
  let held = true;
  const letGo = async ({ leases }: Pick<TenantData, 'leases'>) => {
    await leases.letGo(lease);
    held = false;
  };
  const renewal = setInterval(() => {
    deps
      .inTenant(lease.tenantId, ({ leases }) => {
        leases.unhurried();
        return leases.renew(lease);
      })
      .catch((error: unknown) => deps.log.warn({ err: error }, 'a lease was not renewed and is tried again'));
  }, renewEveryMs);
  try {
    return await work({ letGo });
  } finally {
    clearInterval(renewal);
    if (held) {
      await deps.inTenant(lease.tenantId, (data) => {
        data.leases.unhurried();
        return letGo(data);
      });
    }
  }
}
