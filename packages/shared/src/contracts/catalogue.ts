import { authEvents } from './auth.ts';
import { dealsEvents } from './deals.ts';
import { documentsEvents } from './documents.ts';
import type { EventContract } from './event.ts';
import { signingEvents } from './signing.ts';
import { smsEvents } from './sms.ts';

/** Every event there is, by its type: the one place a consumer looks a contract up. */
export const eventCatalogue: ReadonlyMap<string, EventContract> = new Map(
  [...authEvents, ...dealsEvents, ...documentsEvents, ...signingEvents, ...smsEvents].map((event) => [
    event.type,
    event as EventContract,
  ]),
);
