import { type Fact, fact } from '@uw-wizard/shared/platform/outbox';
import { type AuthFact, contractOf } from '../domain/facts.ts';
import type { Prisma } from './generated/client.ts';

/** One transaction of this service's own database. */
export type AuthTx = Prisma.TransactionClient;

/** A decision's fact, about the user, session or key `subject`. */
export function factAbout(subject: string, given: AuthFact): Fact {
  return fact(contractOf(given), { subject }, given.data);
}
