import { markSent } from '../domain/sign-deal.ts';
import type { Deals } from './ports.ts';

export type NoteSentUnit = { deals: Pick<Deals, 'change'> };

/** The deal's envelope went out at `sentAt`. Throws deal-not-found. */
export async function noteSent(
  unit: NoteSentUnit,
  input: { dealId: string; envelopeId: string; sentAt: Date },
): Promise<void> {
  const { dealId, envelopeId, sentAt } = input;
  await unit.deals.change(dealId, (deal, now) => markSent(deal, { envelopeId, sentAt, now }));
}
