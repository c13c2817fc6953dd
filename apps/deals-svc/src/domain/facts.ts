import {
  type backgroundResult,
  type dealStarted,
  type dealStatusChanged,
  dealsEvents,
  type dealUpdated,
  type intakeAnswered,
  type offerAccepted,
  type offerGenerated,
} from '@uw-wizard/shared/contracts/deals';
import type { DataOf, EventContract } from '@uw-wizard/shared/contracts/event';

/** What a decision announces, named and shaped as on the wire. Ids and little else: never an SSN, a phone number or a bank figure. */
export type DealFact =
  | { type: 'deal.started'; data: DataOf<typeof dealStarted> }
  | { type: 'deal.updated'; data: DataOf<typeof dealUpdated> }
  | { type: 'deal.status_changed'; data: DataOf<typeof dealStatusChanged> }
  | { type: 'intake.answered'; data: DataOf<typeof intakeAnswered> }
  | { type: 'offer.generated'; data: DataOf<typeof offerGenerated> }
  | { type: 'offer.accepted'; data: DataOf<typeof offerAccepted> }
  | { type: 'background.result'; data: DataOf<typeof backgroundResult> };

/** The event contract a fact is published under. */
export function contractOf(fact: DealFact): EventContract {
  const contract = dealsEvents.find((candidate) => candidate.type === fact.type);
  if (contract === undefined) throw new Error(`deals-svc publishes no ${fact.type}`);
  return contract;
}
