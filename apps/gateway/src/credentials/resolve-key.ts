import { hash } from 'node:crypto';
import { resolveApiKey } from '@uw-wizard/shared/contracts/asks';
import type { Ask } from '@uw-wizard/shared/platform/ask';
import { LRUCache } from 'lru-cache';
import { authUnavailable, believedForMs, type Caller } from './caller.ts';

type Known = { caller: Caller; expiresAtMs: number };

/**
 * Whose an API key is, by its hex SHA-256; auth-svc never sees the key. A yes is believed for a second, a no is asked
 * again each time, and calls that come together with one key ask once. `null` for a key that is not good; throws
 * `auth-unavailable` when auth-svc is silent.
 */
export function createKeyResolver(ask: Ask): (apiKey: string) => Caller | null | Promise<Caller | null> {
  const known = new LRUCache<string, Known>({
    max: 10_000,
    ttl: believedForMs,
    // A question that an eviction overtakes is still answered to those who wait for it.
    ignoreFetchAbort: true,
    fetchMethod: async (keyHash) => {
      const { credential } = await ask(resolveApiKey, { key_hash: keyHash });
      if (credential === null) return undefined;
      return {
        caller: { kind: 'key', tenant: credential.tenant_id, sub: credential.api_key_id, role: credential.role },
        expiresAtMs: credential.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(credential.expires_at),
      };
    },
  });
  const toCaller = (found: Known | undefined) =>
    found !== undefined && found.expiresAtMs > Date.now() ? found.caller : null;
  return (apiKey) => {
    const keyHash = hash('sha256', apiKey);
    const found = known.get(keyHash);
    if (found !== undefined) return toCaller(found);
    return known.fetch(keyHash).then(toCaller, (cause: unknown) => {
      throw authUnavailable(cause);
    });
  };
}
