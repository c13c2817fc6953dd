import { LRUCache } from 'lru-cache';
import { authUnavailable, type Caller } from './caller.ts';
import { believedForMs, type Known, type Standing } from './standing.ts';

/** A caller whom auth-svc vouched for, until when at the latest, and what that hangs on. */
export type Vouched = Known & { readonly caller: Caller; readonly expiresAtMs: number };

/** Finds callers by a name for their credential. */
export type KnownCallers = {
  /** Who is known by this name and still stands; null for nobody: ask. */
  get(name: string): Vouched | null;
  /** Asks auth-svc who it is; null for nobody. Throws `auth-unavailable`. */
  fetch(name: string): Promise<Vouched | null>;
};

const tries = 3;

/**
 * Remembers whom auth-svc vouched for: for half a minute, as long as nothing has been heard of them since, and the news is
 * fresh. A no is asked again each time, and calls that come together with one credential ask once.
 */
export function rememberCallers(
  standing: Pick<Standing, 'stands' | 'unchanged'>,
  resolve: (name: string) => Promise<Omit<Vouched, 'askedAtMs'> | null>,
): KnownCallers {
  const known = new LRUCache<string, Vouched>({
    max: 10_000,
    ttl: believedForMs,
    // A question that an eviction overtakes is still answered to those who wait for it.
    ignoreFetchAbort: true,
    fetchMethod: async (name) => {
      const askedAtMs = performance.now();
      const vouched = await resolve(name);
      return vouched === null ? undefined : { ...vouched, askedAtMs };
    },
  });
  return {
    get(name) {
      const found = known.get(name);
      return found !== undefined && standing.stands(found) ? found : null;
    },
    async fetch(name) {
      for (let left = tries; left > 0; left -= 1) {
        const found = await known.fetch(name, { forceRefresh: true }).catch((cause: unknown) => {
          throw authUnavailable(cause);
        });
        if (found === undefined) return null;
        // What was heard while it was asked for may be newer than the answer.
        if (standing.unchanged(found)) return found;
      }
      throw authUnavailable(new Error('what is known of the credential changes faster than it is asked for'));
    },
  };
}
