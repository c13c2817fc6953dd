import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { DomainError } from '@uw-wizard/shared/errors';
import { writeFacts } from '@uw-wizard/shared/platform/outbox';
import { EMAIL_TAKEN, USER_NOT_FOUND } from '../domain/errors.ts';
import type { AuthFact } from '../domain/facts.ts';
import type { User } from '../domain/user.ts';
import { type Actor, audit } from './audit.ts';
import { type AuthTx, factAbout } from './database.ts';
import { after, type Place } from './places.ts';

/** The users of `tenantId` in one of its transactions; what is done is done by `actor`. */
export function createUsers(tx: AuthTx, tenantId: string, actor: Actor, now: Date) {
  const announce = (id: string, facts: readonly AuthFact[]) =>
    writeFacts(
      tx,
      { tenantId, now },
      facts.map((each) => factAbout(id, each)),
    );
  return {
    find: (id: string): Promise<User | null> => tx.user.findFirst({ where: { tenantId, id } }),

    /** Throws `user-not-found`. */
    async get(id: string): Promise<User> {
      const user = await tx.user.findFirst({ where: { tenantId, id } });
      if (user === null) throw new DomainError(USER_NOT_FOUND, `There is no user ${id}.`);
      return user;
    },

    /** At most `limit` users behind `from`, newest first. */
    page: (limit: number, from: Place | null): Promise<User[]> =>
      tx.user.findMany({
        where: { tenantId, ...after(from) },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit,
      }),

    /** Keeps a new user and announces it. Throws `email-taken`. */
    async add(user: User): Promise<void> {
      const { id, role } = user;
      const { count } = await tx.user.createMany({ data: [user], skipDuplicates: true });
      if (count === 0)
        throw new DomainError(EMAIL_TAKEN, 'Use another e-mail address, or change the account that has it.');
      audit(tx, tenantId, actor, [{ action: 'user.created', entityType: 'user', entityId: id, after: { role } }]);
      await announce(id, [{ type: 'user.created', data: { user_id: id, role } }]);
    },

    /** Lets nobody else change users of the tenant until the transaction ends: how many admins there are is one question. */
    async lock(): Promise<boolean> {
      const locked = await tx.$queryRaw<unknown[]>`SELECT 1 FROM tenants WHERE id = ${tenantId} FOR UPDATE`;
      return locked.length === 1;
    },

    /** How many enabled admins there are besides `id`. */
    otherAdmins: (id: string): Promise<number> =>
      tx.user.count({ where: { tenantId, role: 'admin' satisfies Role, disabledAt: null, id: { not: id } } }),

    /** Keeps what a decision made of a user, and announces it. */
    async save(before: User, decided: { user: User; facts: readonly AuthFact[] }): Promise<void> {
      const { id, name, role, disabledAt, passwordHash, mustChangePassword } = decided.user;
      await tx.user.updateMany({
        where: { tenantId, id },
        data: { name, role, disabledAt, passwordHash, mustChangePassword },
      });
      const changes = { before: auditedOf(before), after: auditedOf(decided.user) };
      audit(tx, tenantId, actor, [{ action: 'user.updated', entityType: 'user', entityId: id, ...changes }]);
      await announce(id, decided.facts);
    },

    /** Puts another password in the place of `from`; false when that is no longer the user's. */
    async changePassword(
      id: string,
      hashes: { from: string; to: string },
      reason: 'changed' | 'reset',
    ): Promise<boolean> {
      const { count } = await tx.user.updateMany({
        where: { tenantId, id, passwordHash: hashes.from, disabledAt: null },
        data: { passwordHash: hashes.to, mustChangePassword: false },
      });
      if (count === 0) return false;
      audit(tx, tenantId, actor, [
        { action: 'user.password_changed', entityType: 'user', entityId: id, after: { reason } },
      ]);
      await announce(id, [{ type: 'user.password_changed', data: { user_id: id, reason } }]);
      return true;
    },

    /** Tells people that a user could not be sent a mail. */
    async alertMailNotSent(id: string): Promise<void> {
      const message = `User ${id} asked for another password, and the mail could not be sent. Give a temporary one, and look at SMTP_URL.`;
      await announce(id, [{ type: 'auth.alerted', data: { severity: 'warning', code: 'mail-not-sent', message } }]);
    },

    /** The same password under other parameters. */
    async rehash(id: string, hashes: { from: string; to: string }): Promise<void> {
      await tx.user.updateMany({
        where: { tenantId, id, passwordHash: hashes.from },
        data: { passwordHash: hashes.to },
      });
    },
  };
}

function auditedOf({ name, role, disabledAt, mustChangePassword }: User) {
  return { name, role, disabled: disabledAt !== null, must_change_password: mustChangePassword };
}
