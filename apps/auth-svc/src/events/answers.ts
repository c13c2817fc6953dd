import { resolveApiKey, resolveSession as resolveSessionAsk } from '@uw-wizard/shared/contracts/asks';
import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { type Answering, answering } from '@uw-wizard/shared/platform/ask';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { type ResolveSessionDeps, resolveSession } from '../usecases/resolve-session.ts';

type ApiKey = { id: string; tenantId: string; role: Role; name: string; expiresAt: Date | null };

export type AnswersDeps = ResolveSessionDeps & {
  log: Logger;
  store: { findApiKey(keyHash: string): Promise<ApiKey | null> };
};

/** What auth-svc answers: whose an API key is, whether a session still stands. Over the bus and, to the gateway, without. */
export function answersOf(deps: AnswersDeps): readonly Answering[] {
  return [
    answering(deps.log, resolveApiKey, async ({ key_hash: keyHash }) => {
      const key = await deps.store.findApiKey(keyHash);
      return { credential: key === null ? null : showKey(key) };
    }),
    answering(deps.log, resolveSessionAsk, ({ tenant_id: tenantId, session_id: sessionId }) =>
      resolveSession(deps, { tenantId, sessionId }),
    ),
  ];
}

function showKey({ id, tenantId, role, name, expiresAt }: ApiKey) {
  return { api_key_id: id, tenant_id: tenantId, role, name, expires_at: expiresAt?.toISOString() ?? null };
}
