import {
  type AskContract,
  credentialChanges,
  currentStatements,
  dealExists,
  resolveApiKey,
  resolveSession,
  signatureGate,
  uploadGate,
} from './asks.ts';
import type { Publisher } from './event.ts';
import type { ServiceName } from './routes.ts';

/** Everything that has credentials of its own on the bus. */
export type BusUser = ServiceName | 'gateway';

/** Whose events each of them follows, and what it asks of others. A bus with credentials lets it do this and no more. */
export const neighbours = {
  gateway: { follows: [], asks: [resolveApiKey, resolveSession, credentialChanges] },
  'auth-svc': { follows: [], asks: [] },
  'deals-svc': { follows: ['documents-svc', 'signing-svc', 'sms-svc', 'auth-svc'], asks: [currentStatements] },
  'documents-svc': { follows: [], asks: [uploadGate, dealExists] },
  'signing-svc': { follows: ['deals-svc'], asks: [signatureGate] },
  'sms-svc': { follows: [], asks: [dealExists] },
} as const satisfies Record<BusUser, { follows: readonly Publisher[]; asks: readonly AskContract[] }>;

/** All users of the bus. */
export const busUsers: readonly BusUser[] = [
  'gateway',
  'auth-svc',
  'deals-svc',
  'documents-svc',
  'signing-svc',
  'sms-svc',
];
