import { DomainError } from '@uw-wizard/shared/errors';
import { type DealStatus, isUnfinished } from './deal-status.ts';
import { MERCHANT_ERASED } from './errors.ts';

/** A deal of somebody who is to be erased. `envelopeOut`: its terms are promised to an envelope that nobody has signed yet. */
export type DealAtErasure = {
  readonly id: string;
  readonly status: DealStatus;
  readonly deletedAt: Date | null;
  readonly envelopeOut: boolean;
};

/** The personal data is still needed. */
export class ErasureRefused extends Error {
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    super(reasons.join('\n'));
    this.name = 'ErasureRefused';
    this.reasons = reasons;
  }
}

/**
 * Why the merchant's personal data cannot go yet, a sentence for each deal that needs it: one that still leads somewhere, or
 * whose agreement somebody may still sign. The person's right does not hold against a contract that it is just making
 * (GDPR art. 17 (1) (a), 17 (3) (e)).
 */
export function reasonsToKeep(deals: readonly DealAtErasure[]): string[] {
  return deals.flatMap(({ id, status, deletedAt, envelopeOut }) => {
    if (envelopeOut)
      return [`An agreement of deal ${id} is out for signature: it has to be declined or taken back first.`];
    if (deletedAt === null && isUnfinished(status))
      return [`Deal ${id} is ${status}: it has to be declined or deleted first.`];
    return [];
  });
}

/** Throws 410 `merchant-erased` for a merchant, or a deal, whose personal data was erased. */
export function refuseErased({ erasedAt }: { readonly erasedAt: Date | null }): void {
  if (erasedAt === null) return;
  const detail = `The merchant's personal data was erased on ${erasedAt.toISOString().slice(0, 10)}. Nothing about it changes any more.`;
  throw new DomainError(MERCHANT_ERASED, detail);
}
