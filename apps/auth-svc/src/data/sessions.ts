import { writeFacts } from '@uw-wizard/shared/platform/outbox';
import type { AuthFact } from '../domain/facts.ts';
import type { Session, SessionEnd, SessionSeen } from '../domain/session.ts';
import { type Actor, audit } from './audit.ts';
import { type AuthTx, factAbout } from './database.ts';

/** No list of sessions is longer. */
const maxListed = 100;

/** The sessions of `tenantId` in one of its transactions; what is done is done by `actor`. */
export function createSessions(tx: AuthTx, tenantId: string, actor: Actor, now: Date) {
  const announce = (facts: readonly (readonly [subject: string, AuthFact])[]) =>
    writeFacts(
      tx,
      { tenantId, now },
      facts.map(([subject, each]) => factAbout(subject, each)),
    );

  const end = async (where: object, reason: SessionEnd): Promise<number> => {
    const ended = await tx.session.updateManyAndReturn({
      where: { ...where, tenantId, endedAt: null },
      data: { endedAt: now, endReason: reason },
      select: { id: true, userId: true },
    });
    if (ended.length === 0) return 0;
    audit(
      tx,
      tenantId,
      actor,
      ended.map(({ id }) => ({ action: 'session.ended', entityType: 'session', entityId: id, after: { reason } })),
    );
    await announce(
      ended.map(({ id, userId }) => [
        userId,
        { type: 'session.ended', data: { user_id: userId, session_id: id, reason } },
      ]),
    );
    return ended.length;
  };

  return {
    /** Keeps a new session and announces it. */
    async start(session: Session & Pick<SessionSeen, 'address' | 'userAgent'>): Promise<void> {
      const { id, userId } = session;
      await tx.session.create({ data: session });
      audit(tx, tenantId, actor, [{ action: 'session.started', entityType: 'session', entityId: id }]);
      await announce([[userId, { type: 'session.started', data: { user_id: userId, session_id: id } }]]);
    },

    /** Notes that somebody did not get in: to the account of a user, or to one that is nobody's. */
    async fail(userId: string | null, reason: string): Promise<void> {
      const entity =
        userId === null
          ? ({ entityType: 'account', entityId: 'unknown' } as const)
          : { entityType: 'user' as const, entityId: userId };
      audit(tx, tenantId, actor, [{ action: 'session.failed', ...entity, after: { reason } }]);
      await announce([[entity.entityId, { type: 'session.failed', data: { user_id: userId, reason } }]]);
    },

    /** Puts a new refresh secret in the place of `from`, which is remembered; false when that is not the good one. */
    async rotate(id: string, { from, to }: { from: string; to: string }): Promise<boolean> {
      const where = { tenantId, id, refreshHash: from, endedAt: null };
      const { count } = await tx.session.updateMany({ where, data: { refreshHash: to, refreshedAt: now } });
      if (count === 0) return false;
      await tx.usedRefreshToken.create({ data: { tokenHash: from, tenantId, sessionId: id } });
      return true;
    },

    /** Whether this was the session's good refresh secret once. */
    wasGood: async (id: string, tokenHash: string): Promise<boolean> =>
      (await tx.usedRefreshToken.count({ where: { tenantId, sessionId: id, tokenHash } })) === 1,

    /** Ends a session and tells people why, if it stands. */
    async endAsStolen(id: string, userId: string): Promise<void> {
      if ((await end({ id }, 'refresh-token-reused')) === 0) return;
      const message = `A refresh token of session ${id} was used twice: it was stolen, or the user's client lost an answer. The session has ended for both; the user must log in again and should change the password.`;
      await announce([
        [userId, { type: 'auth.alerted', data: { severity: 'critical', code: 'refresh-token-reused', message } }],
      ]);
    },

    /** Ends a session of `userId`. False when there is none; one that has ended stays as it is. */
    async end(id: string, userId: string, reason: SessionEnd): Promise<boolean> {
      if ((await end({ id, userId }, reason)) === 1) return true;
      return (await tx.session.count({ where: { tenantId, id, userId } })) === 1;
    },

    /** Ends all sessions of `userId`, but for the one named. */
    async endAllOf(userId: string, reason: SessionEnd, except?: string): Promise<void> {
      await end({ userId, ...(except === undefined ? {} : { id: { not: except } }) }, reason);
    },

    /** The sessions of `userId` that stand, newest first; a hundred at most. */
    listOf: (userId: string): Promise<SessionSeen[]> =>
      tx.session.findMany({
        where: { tenantId, userId, endedAt: null, expiresAt: { gt: now } },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: maxListed,
        select: { id: true, createdAt: true, refreshedAt: true, expiresAt: true, address: true, userAgent: true },
      }),
  };
}
