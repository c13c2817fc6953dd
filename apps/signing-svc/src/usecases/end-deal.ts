import { wantBack } from '../domain/envelope.ts';
import type { TenantData } from './deps.ts';

/**
 * The deal was declined, closed or deleted: its outstanding envelope is to be taken back, which a worker does at once. A send
 * that has only just been promised an envelope notices the ending and asks the deal's owner again.
 */
export async function endDeal(
  { envelopes, slots }: Pick<TenantData, 'envelopes' | 'slots'>,
  input: { dealId: string; reason: string; at: Date },
): Promise<void> {
  const slot = await slots.lock(input.dealId);
  if (slot === null) return;
  await slots.noteEnding(input.dealId);
  const envelope = await envelopes.find(slot.envelopeId);
  if (envelope !== null) await envelopes.change(envelope.id, (present) => wantBack(present, input.reason, input.at));
}
