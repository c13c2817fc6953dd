import type { Role } from '@uw-wizard/shared/contracts/permissions';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import { v7 as uuidv7 } from 'uuid';
import { type ApiKey, prefixOf } from '../domain/api-key.ts';
import { hashSecret } from '../domain/secrets.ts';
import type { Commit } from './ports.ts';

/** A key's record, and the key itself, which is told this once. */
export type NewApiKey = { record: ApiKey; key: string };

export type CreateApiKeyDeps = {
  store: { commit: Commit };
  newSecret: (bytes: number) => string;
  clock: () => Date;
};

/** Makes an API key of the caller's tenant: 256 random bits, of which a hash is kept. */
export function createApiKey(
  deps: CreateApiKeyDeps,
  input: { command: Command<NewApiKey>; name: string; role: Role; expiresAt: Date | null },
): Promise<RecordedAnswer> {
  const { command, name, role, expiresAt } = input;
  const key = `uwk_${deps.newSecret(32)}`;
  const record: ApiKey = {
    id: uuidv7(),
    tenantId: command.identity.tenant,
    name,
    role,
    prefix: prefixOf(key),
    createdAt: deps.clock(),
    expiresAt,
    revokedAt: null,
    lastUsedAt: null,
  };
  return deps.store.commit(command, async ({ apiKeys }) => {
    await apiKeys.add(record, hashSecret(key));
    return { record, key };
  });
}
