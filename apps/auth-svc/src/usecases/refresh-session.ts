import { DomainError } from '@uw-wizard/shared/errors';
import { INVALID_REFRESH_TOKEN } from '../domain/errors.ts';
import { hashSecret, sameDigest, splitRefreshToken } from '../domain/secrets.ts';
import { accessTokenSeconds, type Session, standingOf } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import type { InTenant } from './ports.ts';
import type { LoggedIn } from './start-session.ts';

export type RefreshSessionDeps = {
  store: {
    findSession(id: string): Promise<{ session: Session; user: User } | null>;
    inTenant: InTenant;
  };
  accessTokens: { sign(user: User, sessionId: string): Promise<string> };
  newSecret: (bytes: number) => string;
  clock: () => Date;
};

/**
 * Renews a session: the refresh token is good once, and a new one takes its place. A token that was good before is a sign
 * of theft, so it ends the session, for whoever has it, and raises an alert; one that never was is only refused. Throws
 * `invalid-refresh-token`.
 */
export async function refreshSession(
  deps: RefreshSessionDeps,
  input: { refreshToken: string; address: string | undefined },
): Promise<LoggedIn> {
  const refused = new DomainError(INVALID_REFRESH_TOKEN, 'Log in again.');
  const token = splitRefreshToken(input.refreshToken);
  const found = token === null ? null : await deps.store.findSession(token.sessionId);
  if (token === null || found === null) throw refused;
  const { session, user } = found;
  if (!standingOf(session, user, deps.clock()).active) throw refused;
  const given = hashSecret(token.secret);
  const secret = deps.newSecret(32);
  const actor = { id: user.id, address: input.address };
  const rotated = await deps.store.inTenant(user.tenantId, actor, async ({ sessions }) => {
    const isGood = sameDigest(given, session.refreshHash);
    if (isGood && (await sessions.rotate(session.id, { from: given, to: hashSecret(secret) }))) return true;
    if (await sessions.wasGood(session.id, given)) await sessions.endAsStolen(session.id, user.id);
    return false;
  });
  if (!rotated) throw refused;
  const accessToken = await deps.accessTokens.sign(user, session.id);
  return { accessToken, expiresInSeconds: accessTokenSeconds, refreshToken: `${session.id}.${secret}`, user };
}
