import { dealExists } from '@uw-wizard/shared/contracts/asks';
import { DomainError } from '@uw-wizard/shared/errors';
import type { Ask } from '@uw-wizard/shared/platform/ask';
import { validate as isUuid } from 'uuid';
import { DEAL_NOT_FOUND } from '../domain/errors.ts';
import type { StoredDocument } from '../domain/statement-set.ts';
import type { Documents } from './ports.ts';

export type ListDealDocumentsDeps = { ask: Ask; documents: Pick<Documents, 'findCurrentSet'> };

/**
 * The deal's current documents, in the order they were uploaded. Without any, the deal's owner is asked whether there is
 * such a deal; throws `deal-not-found`.
 */
export async function listDealDocuments(
  deps: ListDealDocumentsDeps,
  input: { tenantId: string; dealId: string },
): Promise<readonly StoredDocument[]> {
  if (!isUuid(input.dealId)) throw new DomainError(DEAL_NOT_FOUND, `There is no deal ${input.dealId}.`);
  const current = await deps.documents.findCurrentSet(input.tenantId, input.dealId);
  if (current !== null) return current.documents;
  await deps.ask(dealExists, { tenant_id: input.tenantId, deal_id: input.dealId });
  return [];
}
