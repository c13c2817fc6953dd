import type { Route } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { UNAUTHENTICATED } from '@uw-wizard/shared/platform/problem';
import type { Caller } from './caller.ts';
import { looksLikeToken } from './resolve-token.ts';

export type IdentifyDeps = {
  resolveKey: (apiKey: string) => Promise<Caller | null>;
  resolveToken: (token: string) => Promise<Caller | null>;
};

/**
 * Who calls, by the `Authorization` header. A route for everybody and a provider's route look at none: null. Any other
 * throws `unauthenticated`, or `auth-unavailable`.
 */
export async function identify(
  deps: IdentifyDeps,
  route: Route,
  authorization: string | undefined,
): Promise<Caller | null> {
  if (route.allow === 'none' || route.allow === 'provider') return null;
  if (authorization === undefined) {
    throw new DomainError(UNAUTHENTICATED, 'Send Authorization: Bearer with an access token or an API key.');
  }
  const caller = await resolveBearer(deps, authorization);
  if (caller === null) {
    throw new DomainError(
      UNAUTHENTICATED,
      'The credential is unknown, expired or revoked. Log in again or use another key.',
    );
  }
  return caller;
}

/** Anything that has not a token's form may be an API key: the first key of an installation is chosen by its owner. */
async function resolveBearer(deps: IdentifyDeps, authorization: string): Promise<Caller | null> {
  const credential = /^Bearer +([\x21-\x7e]{16,4096})$/i.exec(authorization)?.[1];
  if (credential === undefined) return null;
  return looksLikeToken(credential) ? deps.resolveToken(credential) : deps.resolveKey(credential);
}
