import {
  type apikeyCreated,
  type apikeyRevoked,
  type authAlerted,
  authEvents,
  type sessionEnded,
  type sessionFailed,
  type sessionStarted,
  type userCreated,
  type userDisabled,
  type userEnabled,
  type userPasswordChanged,
  type userRoleChanged,
} from '@uw-wizard/shared/contracts/auth';
import type { DataOf, EventContract } from '@uw-wizard/shared/contracts/event';

/** What a decision announces, named and shaped as on the wire. Ids and reasons: never a name, an address or a secret. */
export type AuthFact =
  | { type: 'user.created'; data: DataOf<typeof userCreated> }
  | { type: 'user.disabled'; data: DataOf<typeof userDisabled> }
  | { type: 'user.enabled'; data: DataOf<typeof userEnabled> }
  | { type: 'user.role_changed'; data: DataOf<typeof userRoleChanged> }
  | { type: 'user.password_changed'; data: DataOf<typeof userPasswordChanged> }
  | { type: 'session.started'; data: DataOf<typeof sessionStarted> }
  | { type: 'session.failed'; data: DataOf<typeof sessionFailed> }
  | { type: 'session.ended'; data: DataOf<typeof sessionEnded> }
  | { type: 'apikey.created'; data: DataOf<typeof apikeyCreated> }
  | { type: 'apikey.revoked'; data: DataOf<typeof apikeyRevoked> }
  | { type: 'auth.alerted'; data: DataOf<typeof authAlerted> };

/** The event contract a fact is published under. */
export function contractOf(fact: AuthFact): EventContract {
  const contract = authEvents.find((candidate) => candidate.type === fact.type);
  if (contract === undefined) throw new Error(`auth-svc publishes no ${fact.type}`);
  return contract;
}
