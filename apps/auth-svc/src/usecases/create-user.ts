import type { Role } from '@uw-wizard/shared/contracts/permissions';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import { v7 as uuidv7 } from 'uuid';
import { checkPassword } from '../domain/password-policy.ts';
import type { User } from '../domain/user.ts';
import type { Commit, Passwords } from './ports.ts';

/** A user, and the temporary password that was made for it and is told this once. */
export type UserWithPassword = { user: User; temporaryPassword: string | null };

export type CreateUserDeps = {
  store: { commit: Commit };
  passwords: Pick<Passwords, 'hash'>;
  isBreached: (text: string) => boolean;
  newSecret: (bytes: number) => string;
  clock: () => Date;
};

/** 120 bits, as 20 characters that can be read out. */
export const temporaryPasswordBytes = 15;

/**
 * Makes a user of the caller's tenant. Without a password a temporary one is made, which must be changed at once; a given
 * one only when that is asked for. Throws `password-not-allowed`, `email-taken`.
 */
export async function createUser(
  deps: CreateUserDeps,
  input: {
    command: Command<UserWithPassword>;
    user: { email: string; name: string; role: Role; password?: string | undefined; mustChangePassword: boolean };
  },
): Promise<RecordedAnswer> {
  const { email, name, role, password } = input.user;
  if (password !== undefined) {
    checkPassword(password, { pointer: '#/password', email, name, isListed: deps.isBreached });
  }
  const temporaryPassword = password === undefined ? deps.newSecret(temporaryPasswordBytes) : null;
  const user: User = {
    id: uuidv7(),
    tenantId: input.command.identity.tenant,
    email,
    name,
    role,
    passwordHash: await deps.passwords.hash(password ?? temporaryPassword ?? ''),
    mustChangePassword: temporaryPassword !== null || input.user.mustChangePassword,
    disabledAt: null,
    createdAt: deps.clock(),
  };
  return deps.store.commit(input.command, async ({ users }) => {
    await users.add(user);
    return { user, temporaryPassword };
  });
}
