import type { AgreementTerms, signatureGate } from '@uw-wizard/shared/contracts/asks';
import { DomainError } from '@uw-wizard/shared/errors';
import type { z } from 'zod';
import type { Deal } from '../domain/deal.ts';
import { ENVELOPE_OUTSTANDING } from '../domain/errors.ts';
import type { Merchant } from '../domain/merchant.ts';
import { type Offer, wireOffer } from '../domain/offer.ts';
import { reserveSignature as reserved } from '../domain/sign-deal.ts';
import type { Deals, InTenant, Merchants, Reservation, Reservations } from './ports.ts';

type Unit = {
  deals: Pick<Deals, 'change' | 'lastTime'>;
  merchants: Pick<Merchants, 'get'>;
  reservations: Reservations;
};
export type ReserveSignatureDeps = { inTenant: InTenant<Unit> };

/**
 * May the deal be sent for signature? A yes promises the accepted terms to the envelope, under the deal's lock: nothing
 * that is edited later changes them, and the same envelope asking again gets the same answer. In this order: 404
 * `deal-not-found`, 409 `deal-not-accepted`, 400 `background-missing`, 400 `background-not-ok` (`force` overrides the last
 * two), 409 `envelope-outstanding` when another envelope holds the terms than the one it `replaces`.
 */
export function reserveSignature(
  deps: ReserveSignatureDeps,
  input: { tenantId: string; dealId: string; envelopeId: string; force: boolean; replaces?: string | undefined },
): Promise<z.infer<typeof signatureGate.reply>> {
  const { dealId, envelopeId, force, replaces } = input;
  return deps.inTenant(input.tenantId, async (unit) => {
    const { deal, reservation } = await unit.deals.change(dealId, async (before, now) => {
      const kept = await unit.reservations.find(envelopeId);
      if (kept !== null && canAnswerAgain(before, kept)) return { deal: before, facts: [], reservation: kept };
      const decision = reserved(before, { envelopeId, force, replaces, now });
      if (kept !== null)
        throw new DomainError(ENVELOPE_OUTSTANDING, `The envelope ${envelopeId} is over. Send a new one.`);
      if (replaces !== undefined) await unit.reservations.release(replaces, now);
      const terms = agreementTerms(decision, await unit.merchants.get(before.merchantId));
      const termsHash = unit.reservations.hashOf(terms);
      const promise = { envelopeId, dealId, terms, termsHash, dealVersion: decision.deal.version, force };
      await unit.reservations.add(promise, now);
      return { ...decision, reservation: promise };
    });
    return {
      deal_id: deal.id,
      merchant_id: deal.merchantId,
      deal_version: reservation.dealVersion,
      terms: reservation.terms,
      terms_hash: reservation.termsHash,
      deal_time: await unit.deals.lastTime(deal),
    };
  });
}

/** The deal's own promise still stands; its envelope may even be signed by now. */
function canAnswerAgain(deal: Deal, kept: Reservation): boolean {
  return (
    kept.dealId === deal.id &&
    kept.releasedAt === null &&
    deal.envelopeId === kept.envelopeId &&
    (deal.status === 'accepted' || deal.status === 'signed')
  );
}

function agreementTerms(decision: { deal: Deal; terms: Offer }, merchant: Merchant): AgreementTerms {
  const { deal, terms } = decision;
  if (deal.acceptedAt === null) throw new Error(`deal ${deal.id} is accepted without a time`);
  return {
    offer: wireOffer(terms),
    merchant: {
      legal_name: merchant.legalName,
      dba: merchant.dba,
      entity_type: merchant.entityType,
      state: merchant.state,
      ein: merchant.ein,
    },
    owner_name: deal.ownerName,
    accepted_at: deal.acceptedAt.toISOString(),
  };
}
