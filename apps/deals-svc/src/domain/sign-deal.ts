import { DomainError } from '@uw-wizard/shared/errors';
import { type Change, changed, type Deal } from './deal.ts';
import { moveTo } from './deal-status.ts';
import { BACKGROUND_MISSING, BACKGROUND_NOT_OK, DEAL_NOT_ACCEPTED, ENVELOPE_OUTSTANDING } from './errors.ts';
import type { Offer } from './offer.ts';

/** A rule that `force` overrode, for the audit log. */
export type Overridden = typeof BACKGROUND_MISSING.code | typeof BACKGROUND_NOT_OK.code;

/**
 * May the deal be sent for signature? In this order: 409 `deal-not-accepted`, 400 `background-missing`, 400
 * `background-not-ok`; `force` overrides the last two. Answers the terms to be signed and what was overridden.
 */
export function signatureGate(deal: Deal, given: { force: boolean }): { terms: Offer; overridden: Overridden[] } {
  if (deal.status !== 'accepted' || deal.acceptedTerms === null) {
    const detail = `The deal is ${deal.status}. Only a deal with an accepted offer goes out for signature.`;
    throw new DomainError(DEAL_NOT_ACCEPTED, detail);
  }
  const terms = deal.acceptedTerms;
  if (deal.backgroundStatus === 'OK') return { terms, overridden: [] };
  const isMissing = deal.backgroundStatus === null;
  const kind = isMissing ? BACKGROUND_MISSING : BACKGROUND_NOT_OK;
  if (given.force) return { terms, overridden: [kind.code] };
  const detail = isMissing
    ? 'Run the background checks first.'
    : 'The background checks raised flags. Clear them and run the checks again, or have a reviewer send with force.';
  throw new DomainError(kind, detail);
}

/**
 * Passes the gate and holds the accepted terms for one envelope: from here on an envelope may be out. The same envelope
 * again changes nothing; another one is 409 `envelope-outstanding` until `releaseEnvelope`, or unless it comes in the place of
 * the one that holds the terms (`replaces`), which its owner knows to be over before the news of it has come here.
 */
export function reserveSignature(
  deal: Deal,
  given: { envelopeId: string; force: boolean; replaces?: string | undefined; now: Date },
): Change & { terms: Offer; overridden: Overridden[] } {
  const gate = signatureGate(deal, given);
  if (deal.envelopeId === given.envelopeId) return { ...gate, deal, facts: [] };
  if (deal.envelopeId !== null && deal.envelopeId !== given.replaces) {
    const detail = `Envelope ${deal.envelopeId} of this deal is still out. Wait for it to be signed, or have it voided.`;
    throw new DomainError(ENVELOPE_OUTSTANDING, detail);
  }
  return { ...gate, deal: changed(deal, given.now, { envelopeId: given.envelopeId }), facts: [] };
}

/** The envelope went out: `signatureSentAt` is when the last one did. An envelope that does not hold the deal changes nothing. */
export function markSent(deal: Deal, given: { envelopeId: string; sentAt: Date; now: Date }): Change {
  if (deal.envelopeId !== given.envelopeId || deal.signatureSentAt?.getTime() === given.sentAt.getTime()) {
    return { deal, facts: [] };
  }
  return { deal: changed(deal, given.now, { signatureSentAt: given.sentAt }), facts: [] };
}

/** The envelope was declined, voided or never sent: the deal stays accepted and may be sent anew. */
export function releaseEnvelope(deal: Deal, given: { envelopeId: string; now: Date }): Change {
  if (deal.envelopeId !== given.envelopeId || deal.status !== 'accepted') return { deal, facts: [] };
  return { deal: changed(deal, given.now, { envelopeId: null }), facts: [] };
}

/**
 * The agreement came back signed: accepted -> signed, announced once; signed again changes nothing. 409
 * `illegal-transition` from anywhere else: the caller keeps the signature and raises a critical alert.
 */
export function markSigned(deal: Deal, given: { signedAt: Date; now: Date }): Change {
  if (deal.status === 'signed') return { deal, facts: [] };
  const status = moveTo(deal.status, 'signed');
  return {
    deal: changed(deal, given.now, { status, signedAt: given.signedAt }),
    facts: [{ type: 'deal.status_changed', data: { from: deal.status, to: status } }],
  };
}
