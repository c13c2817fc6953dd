import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import { changeUser as decide, type UserChange } from '../domain/user.ts';
import { temporaryPasswordBytes, type UserWithPassword } from './create-user.ts';
import type { Commit, Passwords } from './ports.ts';

export type ChangeUserDeps = {
  store: {
    commit: Commit;
  };
  passwords: Pick<Passwords, 'hash'>;
  newSecret: (bytes: number) => string;
  clock: () => Date;
};

/**
 * Changes a user's name or role, disables or re-enables it, gives it a new temporary password, or takes away its second factor; a disabled user's
 * sessions end, and those of one with a new password. Throws `user-not-found`, `last-admin`.
 */
export async function changeUser(
  deps: ChangeUserDeps,
  input: {
    command: Command<UserWithPassword>;
    userId: string;
    change: Omit<UserChange, 'temporaryPasswordHash'>;
    newTemporaryPassword: boolean;
    resetSecondFactor: boolean;
  },
): Promise<RecordedAnswer> {
  const temporaryPassword = input.newTemporaryPassword ? deps.newSecret(temporaryPasswordBytes) : null;
  const change = {
    ...input.change,
    ...(temporaryPassword === null ? {} : { temporaryPasswordHash: await deps.passwords.hash(temporaryPassword) }),
  };
  return deps.store.commit(input.command, async ({ users, sessions, secondFactors }) => {
    await users.lock();
    const before = await users.get(input.userId);
    const otherAdmins = await users.otherAdmins(before.id);
    const decided = decide(before, change, { now: deps.clock(), otherAdmins });
    await users.save(before, decided);
    if (decided.endsSessions !== null) await sessions.endAllOf(before.id, decided.endsSessions);
    if (input.resetSecondFactor) await secondFactors.remove(before.id);
    return { user: decided.user, temporaryPassword };
  });
}
