import { DomainError } from '@uw-wizard/shared/errors';
import { ILLEGAL_TRANSITION } from './errors.ts';

export const DEAL_STATUSES = ['open', 'offer', 'accepted', 'signed', 'declined', 'closed'] as const;
export type DealStatus = (typeof DEAL_STATUSES)[number];

/** The legal moves. `offer -> offer`: offers may be made anew until one is accepted. */
const MOVES: Readonly<Record<DealStatus, readonly DealStatus[]>> = {
  open: ['offer', 'declined'],
  offer: ['offer', 'accepted', 'declined'],
  accepted: ['signed', 'declined'],
  signed: ['closed'],
  declined: [],
  closed: [],
};

/** Says whether a deal may go from one status to another. */
export function canMove(from: DealStatus, to: DealStatus): boolean {
  return MOVES[from].includes(to);
}

/** Answers `to` when the move is legal; otherwise 409 `illegal-transition`, naming both ends and what is possible. */
export function moveTo(from: DealStatus, to: DealStatus): DealStatus {
  if (canMove(from, to)) return to;
  const possible = MOVES[from].filter((next) => next !== from);
  const hint = possible.length === 0 ? `${from} is final` : `from ${from} it can go to ${possible.join(' or ')}`;
  throw new DomainError(ILLEGAL_TRANSITION, `The deal cannot go from ${from} to ${to}: ${hint}.`);
}

/** A deal that still leads somewhere: a merchant has at most one of these. */
export function isUnfinished(status: DealStatus): boolean {
  return status === 'open' || status === 'offer' || status === 'accepted';
}
