import { DomainError } from '@uw-wizard/shared/errors';
import { validate as isUuid } from 'uuid';
import { DOCUMENT_NOT_FOUND } from '../domain/errors.ts';
import type { StoredDocument } from '../domain/statement-set.ts';
import type { Documents } from './ports.ts';

export type GetDocumentDeps = { documents: Pick<Documents, 'findDocument'> };

/** One document of the tenant; throws `document-not-found`, for another tenant's too. */
export async function getDocument(
  deps: GetDocumentDeps,
  input: { tenantId: string; documentId: string },
): Promise<StoredDocument> {
  const { tenantId, documentId } = input;
  const found = isUuid(documentId) ? await deps.documents.findDocument(tenantId, documentId) : null;
  if (found === null) throw new DomainError(DOCUMENT_NOT_FOUND, `There is no document ${documentId}.`);
  return found;
}
