import { hash } from 'node:crypto';
import { resolveApiKey } from '@uw-wizard/shared/contracts/asks';
import type { Ask } from '@uw-wizard/shared/platform/ask';
import type { Caller } from './caller.ts';
import { rememberCallers, type Vouched } from './known-callers.ts';
import type { Standing } from './standing.ts';

/**
 * Whose an API key is, by its hex SHA-256; auth-svc never sees the key. At once for one that is known and stands. `null`
 * for a key that is not good; throws `auth-unavailable` when auth-svc is silent.
 */
export function createKeyResolver(
  ask: Ask,
  standing: Pick<Standing, 'stands' | 'unchanged'>,
): (apiKey: string) => Caller | null | Promise<Caller | null> {
  const known = rememberCallers(standing, async (keyHash) => {
    const { credential } = await ask(resolveApiKey, { key_hash: keyHash });
    if (credential === null) return null;
    const { api_key_id: id, tenant_id: tenant, role, expires_at: expiresAt } = credential;
    return {
      caller: { kind: 'key', tenant, sub: id, role },
      ids: [id],
      expiresAtMs: expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt),
    };
  });
  const toCaller = (found: Vouched | null) => (found !== null && found.expiresAtMs > Date.now() ? found.caller : null);
  return (apiKey) => {
    const keyHash = hash('sha256', apiKey);
    const found = known.get(keyHash);
    return found !== null ? toCaller(found) : known.fetch(keyHash).then(toCaller);
  };
}
