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
import { apikeyRevoked, sessionEnded, userDisabled, userPasswordChanged, userRoleChanged } from './auth.ts';
import type { EventContract } from './event.ts';
import type { ServiceName } from './routes.ts';
import type { Stream } from './streams.ts';

/** Everything that has credentials of its own on the bus. */
export type BusUser = ServiceName | 'gateway';

/** Whose events it follows, which events it only wants to hear passing by, and what it asks of others. */
export type Neighbours = {
  readonly follows: readonly Stream[];
  readonly hears: readonly EventContract[];
  readonly asks: readonly AskContract[];
};

/** The neighbours of each of them. A bus with credentials lets it do this and no more. */
export const neighbours = {
  gateway: {
    follows: [],
    hears: [sessionEnded, userDisabled, userRoleChanged, userPasswordChanged, apikeyRevoked],
    asks: [resolveApiKey, resolveSession, credentialChanges],
  },
  'auth-svc': { follows: ['audit', 'erasures'], hears: [], asks: [] },
  'deals-svc': {
    follows: ['documents-svc', 'signing-svc', 'sms-svc', 'auth-svc'],
    hears: [],
    asks: [currentStatements],
  },
  'documents-svc': { follows: ['erasures'], hears: [], asks: [uploadGate, dealExists] },
  'signing-svc': { follows: ['deals-svc', 'erasures'], hears: [], asks: [signatureGate] },
  'sms-svc': { follows: ['erasures'], hears: [], asks: [dealExists] },
} as const satisfies Record<BusUser, Neighbours>;

/** All users of the bus. */
export const busUsers: readonly BusUser[] = [
  'gateway',
  'auth-svc',
  'deals-svc',
  'documents-svc',
  'signing-svc',
  'sms-svc',
];
