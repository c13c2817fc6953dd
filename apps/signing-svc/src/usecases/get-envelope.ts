import type { Readable } from 'node:stream';
import { DomainError } from '@uw-wizard/shared/errors';
import { FILE_MISSING } from '@uw-wizard/shared/platform/problem';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import type { Envelope } from '../domain/envelope.ts';
import { envelopeNotFound } from '../domain/errors.ts';
import type { EnvelopeDeps } from './deps.ts';

export type GetDeps = Pick<EnvelopeDeps, 'look'>;

/** The tenant's envelope with our id `id`. Throws `envelope-not-found`. */
export async function getEnvelope(deps: GetDeps, input: { tenantId: string; id: string }): Promise<Envelope> {
  const envelope = await deps.look(input.tenantId, ({ envelopes }) => envelopes.findByEitherId(input.id));
  if (envelope === null) throw envelopeNotFound(input.id);
  return envelope;
}

/**
 * The envelope's PDF: the signed one once it is kept, else the agreement as sent. Throws `envelope-not-found`, also while
 * there is no document yet; `file-missing` when there should be one.
 */
export async function getEnvelopeDocument(
  deps: GetDeps & { storage: Pick<Storage, 'read'> },
  input: { tenantId: string; id: string },
): Promise<{ stream: Readable; sizeBytes: number; filename: string }> {
  const envelope = await getEnvelope(deps, input);
  const file = envelope.signed ?? envelope.agreement;
  if (file === null) throw envelopeNotFound(input.id);
  const found = await deps.storage.read(file.storageKey);
  if (found === null) {
    const cause = new Error(`the file of envelope ${envelope.id} is missing: ${file.storageKey}`);
    throw new DomainError(FILE_MISSING, 'The file of this envelope is missing. The error was recorded.', { cause });
  }
  const kind = envelope.signed === null ? 'agreement' : 'signed-agreement';
  return { ...found, filename: `${kind}-${envelope.id}.pdf` };
}
