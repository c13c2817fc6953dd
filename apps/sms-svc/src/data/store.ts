import type { Database } from '@uw-wizard/shared/platform/database';
import type { Prisma } from './generated/client.ts';
import { createInbound } from './inbound.ts';
import { createOutbound } from './outbound.ts';

export type SmsTx = Prisma.TransactionClient;

/** Everything sms-svc keeps. */
export function createSmsStore(database: Database<SmsTx>) {
  return { ...createOutbound(database), ...createInbound(database) };
}
