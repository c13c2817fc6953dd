import type { DataOf, EventContract } from '@uw-wizard/shared/contracts/event';
import {
  type signAlerted,
  type signDeclined,
  signingEvents,
  type signSent,
  type signSigned,
  type signViewed,
  type signVoided,
} from '@uw-wizard/shared/contracts/signing';

/** What a decision announces, named and shaped as on the wire. No name, no e-mail address in clear. */
export type SignFact =
  | { type: 'sign.sent'; data: DataOf<typeof signSent> }
  | { type: 'sign.viewed'; data: DataOf<typeof signViewed> }
  | { type: 'sign.signed'; data: DataOf<typeof signSigned> }
  | { type: 'sign.declined'; data: DataOf<typeof signDeclined> }
  | { type: 'sign.voided'; data: DataOf<typeof signVoided> }
  | { type: 'sign.alerted'; data: DataOf<typeof signAlerted> };

/** The event contract a fact is published under. */
export function contractOf(fact: SignFact): EventContract {
  const contract = signingEvents.find((candidate) => candidate.type === fact.type);
  if (contract === undefined) throw new Error(`signing-svc publishes no ${fact.type}`);
  return contract;
}
