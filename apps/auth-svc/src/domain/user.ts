import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { DomainError } from '@uw-wizard/shared/errors';
import { LAST_ADMIN } from './errors.ts';
import type { AuthFact } from './facts.ts';

export type User = {
  readonly id: string;
  readonly tenantId: string;
  /** Lower case; unique in the whole installation. */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** Argon2id, encoded with its parameters; null: no password opens the account. */
  readonly passwordHash: string | null;
  /** The password is a temporary one, good for choosing another one and nothing else. */
  readonly mustChangePassword: boolean;
  readonly disabledAt: Date | null;
  readonly createdAt: Date;
};

/** What an admin may change of a user. */
export type UserChange = {
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
  /** Of a new temporary password. */
  readonly temporaryPasswordHash?: string | undefined;
};

/**
 * Changes a user as an admin asked. What is so already announces nothing. Somebody must be left to let others in: 409
 * `last-admin` for a change that would take the last enabled admin (`otherAdmins` counts the others) from the tenant.
 * `endsSessions`: those of before are no longer this user's.
 */
export function changeUser(
  user: User,
  change: UserChange,
  { now, otherAdmins }: { now: Date; otherAdmins: number },
): { user: User; facts: AuthFact[]; endsSessions: 'user-disabled' | 'password-reset' | null } {
  const disabledAt =
    change.disabled === undefined ? user.disabledAt : change.disabled ? (user.disabledAt ?? now) : null;
  const changed: User = {
    ...user,
    name: change.name ?? user.name,
    role: change.role ?? user.role,
    disabledAt,
    ...(change.temporaryPasswordHash === undefined
      ? {}
      : { passwordHash: change.temporaryPasswordHash, mustChangePassword: true }),
  };
  if (isAdmin(user) && !isAdmin(changed) && otherAdmins === 0) {
    throw new DomainError(LAST_ADMIN, 'Nobody could let others in any more. Make somebody else an admin first.');
  }
  const facts: AuthFact[] = [];
  const { id } = user;
  if (changed.role !== user.role) {
    facts.push({ type: 'user.role_changed', data: { user_id: id, from: user.role, to: changed.role } });
  }
  if (change.temporaryPasswordHash !== undefined) {
    facts.push({ type: 'user.password_changed', data: { user_id: id, reason: 'temporary' } });
  }
  const wasDisabled = user.disabledAt !== null;
  const isDisabled = changed.disabledAt !== null;
  if (wasDisabled !== isDisabled) {
    facts.push({ type: isDisabled ? 'user.disabled' : 'user.enabled', data: { user_id: id } });
  }
  const newPassword = change.temporaryPasswordHash === undefined ? null : 'password-reset';
  return { user: changed, facts, endsSessions: isDisabled && !wasDisabled ? 'user-disabled' : newPassword };
}

function isAdmin({ role, disabledAt }: User): boolean {
  return role === 'admin' && disabledAt === null;
}
