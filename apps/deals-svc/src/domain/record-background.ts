import type { BackgroundOutcome } from './background/evaluate.ts';
import { type Change, changed, type Deal } from './deal.ts';

/** Keeps what the background checks came to. It never changes the deal's status. Announces `background.result`. */
export function recordBackground(deal: Deal, outcome: BackgroundOutcome, now: Date): Change {
  const { status, reasons } = outcome;
  return {
    deal: changed(deal, now, { backgroundStatus: status, backgroundRunAt: now }),
    facts: [{ type: 'background.result', data: { status, reasons: [...reasons] } }],
  };
}
