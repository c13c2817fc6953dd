import type { Readable } from 'node:stream';
import { DomainError } from '@uw-wizard/shared/errors';
import { FILE_MISSING, MERCHANT_ERASED } from '@uw-wizard/shared/platform/problem';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import type { StoredDocument } from '../domain/statement-set.ts';
import { type GetDocumentDeps, getDocument } from './get-document.ts';

export type OpenDocumentDeps = GetDocumentDeps & { storage: Pick<Storage, 'read'> };

/** A document's bytes as they were uploaded. Throws `document-not-found`, `merchant-erased`, `file-missing`. */
export async function openDocument(
  deps: OpenDocumentDeps,
  input: { tenantId: string; documentId: string },
): Promise<{ document: StoredDocument; stream: Readable; sizeBytes: number }> {
  const document = await getDocument(deps, input);
  if (document.storageKey === '') {
    throw new DomainError(MERCHANT_ERASED, "This file was removed when the merchant's personal data was erased.");
  }
  const file = await deps.storage.read(document.storageKey);
  // A row without its file is our fault, not the caller's: files are synced before rows, and swept only without them.
  if (file === null) {
    const cause = new Error(`the file of document ${document.id} is missing: ${document.storageKey}`);
    throw new DomainError(FILE_MISSING, 'The file of this document is missing. The error was recorded.', { cause });
  }
  return { document, ...file };
}
