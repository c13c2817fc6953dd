import { createHash } from 'node:crypto';
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
export function createKeyResolver(ask: Ask): (apiKey: string) => Promise<Caller | null> {
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
  return async (apiKey) => {
    const keyHash = createHash('sha256').update(apiKey, 'utf8').digest('hex');
    const found = await known.fetch(keyHash).catch((cause: unknown) => {
      throw authUnavailable(cause);
    });
    return found !== undefined && found.expiresAtMs > Date.now() ? found.caller : null;
  };
}
