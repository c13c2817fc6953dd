import type { Route } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { UNAUTHENTICATED } from '@uw-wizard/shared/platform/problem';
import type { Caller } from './caller.ts';
import { looksLikeToken } from './resolve-token.ts';

export type IdentifyDeps = {
  /** At once for a credential that was vouched for a moment ago. */
  resolveKey: (apiKey: string) => Caller | null | Promise<Caller | null>;
  resolveToken: (token: string) => Promise<Caller | null>;
};

/**
 * Who calls, by the `Authorization` header. A route for everybody and a provider's route look at none: null. Any other
 * throws `unauthenticated`, or `auth-unavailable`.
 */
export function identify(
  deps: IdentifyDeps,
  route: Route,
  authorization: string | undefined,
): Caller | null | Promise<Caller | null> {
  if (route.allow === 'none' || route.allow === 'provider') return null;
  if (authorization === undefined) {
    throw new DomainError(UNAUTHENTICATED, 'Send Authorization: Bearer with an access token or an API key.');
  }
  const resolved = resolveBearer(deps, authorization);
  return resolved instanceof Promise ? resolved.then(mustBeGood) : mustBeGood(resolved);
}

function mustBeGood(caller: Caller | null): Caller {
  if (caller !== null) return caller;
  throw new DomainError(
    UNAUTHENTICATED,
    'The credential is unknown, expired or revoked. Log in again or use another key.',
  );
}

/** Anything that has not a token's form may be an API key: the first key of an installation is chosen by its owner. */
function resolveBearer(deps: IdentifyDeps, authorization: string): Caller | null | Promise<Caller | null> {
  const credential = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1] ?? '';
  if (credential.length < 16 || credential.length > 4096) return null;
  return looksLikeToken(credential) ? deps.resolveToken(credential) : deps.resolveKey(credential);
}
