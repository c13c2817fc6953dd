import { canMove } from '../domain/deal-status.ts';
import { markSigned } from '../domain/sign-deal.ts';
import type { Alerts, Deals } from './ports.ts';

export type CompleteSignatureUnit = { deals: Pick<Deals, 'change'>; alerts: Pick<Alerts, 'raise'> };

/**
 * The agreement came back signed: the deal is signed. On a deal that was declined or closed meanwhile, or whose terms are
 * held by another envelope, the signature is kept on the timeline and people are told at once. Throws deal-not-found.
 */
export async function completeSignature(
  unit: CompleteSignatureUnit,
  input: { dealId: string; envelopeId: string; signedAt: Date },
): Promise<void> {
  const { envelopeId, signedAt } = input;
  const { deal, before } = await unit.deals.change(input.dealId, (before, now) => {
    const isExpected = before.status === 'signed' || canMove(before.status, 'signed');
    return { ...(isExpected ? markSigned(before, { signedAt, now }) : { deal: before, facts: [] }), before };
  });
  const about = { dealId: deal.id, merchantId: deal.merchantId };
  if (deal.status !== 'signed') {
    await unit.alerts.raise({
      severity: 'critical',
      code: 'signature-on-ended-deal',
      message: `The agreement was signed although the deal is ${deal.status}. The signed envelope ${envelopeId} was kept; decide what it binds us to.`,
      ...about,
    });
  } else if (before.envelopeId !== envelopeId) {
    await unit.alerts.raise({
      severity: 'critical',
      code: 'signature-on-other-envelope',
      message: `The envelope ${envelopeId} was signed, but the deal's terms were held by ${before.envelopeId ?? 'none'}. Compare the terms.`,
      ...about,
    });
  }
}
