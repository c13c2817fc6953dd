import type { Readable } from 'node:stream';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import type { Envelope } from '../domain/envelope.ts';
import { envelopeNotFound } from '../domain/errors.ts';
import type { EnvelopeDeps } from './deps.ts';

export type GetDeps = Pick<EnvelopeDeps, 'inTenant'>;

/** The tenant's envelope with our id `id`. Throws `envelope-not-found`. */
export async function getEnvelope(deps: GetDeps, input: { tenantId: string; id: string }): Promise<Envelope> {
  const envelope = await deps.inTenant(input.tenantId, ({ envelopes }) => envelopes.findByEitherId(input.id));
  if (envelope === null) throw envelopeNotFound(input.id);
  return envelope;
}

/**
 * The envelope's PDF: the signed one once it is kept, else the agreement as sent. Throws `envelope-not-found`, also while
 * there is no document yet.
 */
export async function getEnvelopeDocument(
  deps: GetDeps & { storage: Pick<Storage, 'read'> },
  input: { tenantId: string; id: string },
): Promise<{ stream: Readable; sizeBytes: number; filename: string }> {
  const envelope = await getEnvelope(deps, input);
  const file = envelope.signed ?? envelope.agreement;
  const found = file === null ? null : await deps.storage.read(file.storageKey);
  if (found === null) throw envelopeNotFound(input.id);
  const kind = envelope.signed === null ? 'agreement' : 'signed-agreement';
  return { ...found, filename: `${kind}-${envelope.id}.pdf` };
}
