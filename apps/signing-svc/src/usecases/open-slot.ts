import { DomainError } from '@uw-wizard/shared/errors';
import { IDEMPOTENCY_KEY_REUSED } from '@uw-wizard/shared/platform/problem';
import { isSameMailbox } from '../domain/email.ts';
import type { Envelope } from '../domain/envelope.ts';
import { isOutstanding, isUnsettled } from '../domain/envelope-state.ts';
import { DEAL_NOT_ACCEPTED } from '../domain/errors.ts';
import type { Slot } from '../domain/slot.ts';
import type { EnvelopeDeps } from './deps.ts';

export type OpenSlotDeps = Pick<EnvelopeDeps, 'inTenant' | 'newId'>;

export type OpenSlotInput = {
  readonly tenantId: string;
  readonly dealId: string;
  readonly recipientEmail: string;
  readonly commandRef: string;
};

/**
 * Fixes the id of the deal's envelope before its owner is asked, so that a repeat asks for the same one. A repeat of a call
 * whose envelope is out already (the process died before it answered) gets that envelope, whatever has become of the deal.
 * `isNew`: the deal had no slot before. Throws `deal-not-accepted` for a deal that has been signed, also before its owner has heard of it.
 */
export function openSlot(
  deps: OpenSlotDeps,
  input: OpenSlotInput,
): Promise<{ kind: 'open'; slot: Slot; isNew: boolean } | { kind: 'sent'; envelope: Envelope }> {
  return deps.inTenant(input.tenantId, async ({ envelopes, slots }) => {
    const earlier = await envelopes.findByCommand(input.commandRef);
    if (earlier !== null) {
      if (earlier.dealId !== input.dealId || !isSameMailbox(earlier.recipientEmail, input.recipientEmail)) {
        throw new DomainError(
          IDEMPOTENCY_KEY_REUSED,
          'This Idempotency-Key belongs to another request. Send a new key with a new request.',
        );
      }
      if (!isUnsettled(earlier.state)) return { kind: 'sent', envelope: earlier };
    }
    const { slot, isNew } = await slots.open(input.dealId, deps.newId());
    const present = await envelopes.find(slot.envelopeId);
    if (present === null || isOutstanding(present.state) || present.state === 'failed')
      return { kind: 'open', slot, isNew };
    if (present.state === 'signed') {
      throw new DomainError(DEAL_NOT_ACCEPTED, 'This deal has been signed. There is nothing left to send.');
    }
    const renewed = { ...slot, envelopeId: deps.newId(), replaces: present.id };
    await slots.renew(input.dealId, renewed);
    return { kind: 'open', slot: renewed, isNew };
  });
}
