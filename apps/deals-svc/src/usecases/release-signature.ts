import { releaseEnvelope } from '../domain/sign-deal.ts';
import type { Alerts, Deals, Reservations } from './ports.ts';

export type ReleaseSignatureUnit = {
  deals: Pick<Deals, 'change'>;
  reservations: Pick<Reservations, 'release'>;
  alerts: Pick<Alerts, 'raise'>;
};

/**
 * The signer declined, or the envelope was voided: the deal stays accepted and may be sent anew, and people are told.
 * Throws deal-not-found.
 */
export async function releaseSignature(
  unit: ReleaseSignatureUnit,
  input: { dealId: string; envelopeId: string; because: 'declined' | 'voided'; reason: string | null },
): Promise<void> {
  const { envelopeId, because } = input;
  const { deal } = await unit.deals.change(input.dealId, async (deal, now) => {
    await unit.reservations.release(envelopeId, now);
    return releaseEnvelope(deal, { envelopeId, now });
  });
  const what = because === 'declined' ? 'The signer declined the agreement' : 'The agreement was voided';
  await unit.alerts.raise({
    severity: 'warning',
    code: `signature-${because}`,
    message: `${what}${input.reason === null ? '' : ` (${input.reason})`}. The deal is ${deal.status}.`,
    dealId: deal.id,
    merchantId: deal.merchantId,
  });
}
