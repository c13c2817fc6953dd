import { hkdfSync } from 'node:crypto';
import type { AnswerSeals } from '@uw-wizard/shared/platform/database';
import { createBlindIndex, createFieldSeals } from '@uw-wizard/shared/platform/field-encryption';

/**
 * Seals the answers that are kept for repeats, and keys the fingerprints of their requests: one of a request that gave a
 * temporary password would, bare, let it be guessed at leisure. By keys of their own, made of `keys` (RFC 5869), the newest
 * first; what is kept is gone after 25 hours.
 */
export function createAnswerSeals(keys: readonly Buffer[]): AnswerSeals {
  const own = keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', 'answers of auth-svc', 32)));
  return { seals: createFieldSeals({ keys: own, sealing: true }), index: createBlindIndex(own) };
}
