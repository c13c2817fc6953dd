import {
  credentialChanges,
  resolveApiKey,
  resolveSession as resolveSessionAsk,
} from '@uw-wizard/shared/contracts/asks';
import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { type Answering, answering } from '@uw-wizard/shared/platform/ask';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { type ResolveSessionDeps, resolveSession } from '../usecases/resolve-session.ts';

type ApiKey = { id: string; tenantId: string; role: Role; name: string; expiresAt: Date | null };

export type AnswersDeps = ResolveSessionDeps & {
  log: Logger;
  store: {
    findApiKey(keyHash: string): Promise<ApiKey | null>;
    noteKeyUse(key: ApiKey): Promise<void>;
    credentialChanges(
      since: string | null,
    ): Promise<{ cursor: string; all: boolean; changes: { id: number; credentialId: string }[] }>;
  };
};

/**
 * What auth-svc answers: whose an API key is, whether a session still stands, what of all that has changed. Over the bus
 * and, to the gateway, without.
 */
export function answersOf(deps: AnswersDeps): readonly Answering[] {
  const { log, store } = deps;
  return [
    answering(log, resolveApiKey, async ({ key_hash: keyHash }) => {
      const key = await store.findApiKey(keyHash);
      if (key === null) return { credential: null };
      // Nobody waits for this: a gateway asks while a call does.
      store.noteKeyUse(key).catch((err: unknown) => log.warn({ err }, "a key's last use was not noted"));
      return { credential: showKey(key) };
    }),
    answering(log, resolveSessionAsk, async ({ tenant_id: tenantId, session_id: sessionId }) => {
      const { active, role, mustChangePassword } = await resolveSession(deps, { tenantId, sessionId });
      return { active, role, must_change_password: mustChangePassword };
    }),
    answering(log, credentialChanges, async ({ since }) => {
      const { cursor, all, changes } = await store.credentialChanges(since);
      return { cursor, all, changes: changes.map(({ id, credentialId }) => ({ id, credential_id: credentialId })) };
    }),
  ];
}

function showKey({ id, tenantId, role, name, expiresAt }: ApiKey) {
  return { api_key_id: id, tenant_id: tenantId, role, name, expires_at: expiresAt?.toISOString() ?? null };
}
