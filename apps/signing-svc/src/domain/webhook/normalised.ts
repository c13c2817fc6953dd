import { createHash } from 'node:crypto';
import { DomainError } from '@uw-wizard/shared/errors';
import { z } from 'zod';
import { DEAL_MISSING } from '../errors.ts';
import type { ProviderStatus } from '../signing-provider.ts';
import type { Report } from './report.ts';

const messageSchema = z.object({
  deal_id: z.string().trim().min(1).max(200),
  event_id: z
    .union([z.string().min(1).max(200), z.number().transform(String)])
    .optional()
    .catch(undefined),
  type: z.string().max(200).nullish().catch(''),
});

const statuses: readonly string[] = ['sent', 'viewed', 'signed', 'declined', 'voided'] satisfies ProviderStatus[];

/**
 * Reads a normalised message `{deal_id, event_id?, type?}` whose signature has been verified. Without `event_id` the body
 * names itself by its SHA-256; without `type` it says that the deal was signed. Throws `deal-missing`.
 */
export function readNormalised(message: unknown, body: Buffer): Report {
  const parsed = messageSchema.safeParse(message);
  if (!parsed.success) {
    throw new DomainError(DEAL_MISSING, 'Name the deal in deal_id. Nothing was changed.');
  }
  const { deal_id: dealId, event_id: eventId, type: given } = parsed.data;
  const type = given ?? 'signed';
  return {
    source: 'normalised',
    about: { dealId },
    eventId: eventId ?? createHash('sha256').update(body).digest('hex'),
    type,
    status: isStatus(type) ? type : null,
    claimedDealId: null,
    covered: true,
  };
}

function isStatus(type: string): type is ProviderStatus {
  return statuses.includes(type);
}
