import { DomainError } from '@uw-wizard/shared/errors';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import { API_KEY_NOT_FOUND } from '../domain/errors.ts';
import type { Commit } from './ports.ts';

export type RevokeApiKeyDeps = { store: { commit: Commit } };

/** Revokes a key for good; one that is revoked already stays so. 404 `api-key-not-found`. */
export function revokeApiKey(
  deps: RevokeApiKeyDeps,
  input: { command: Command<undefined>; apiKeyId: string },
): Promise<RecordedAnswer> {
  return deps.store.commit(input.command, async ({ apiKeys }) => {
    if (await apiKeys.revoke(input.apiKeyId)) return undefined;
    throw new DomainError(API_KEY_NOT_FOUND, `There is no API key ${input.apiKeyId}.`);
  });
}
