import { hashSecret } from '../domain/secrets.ts';
import type { User } from '../domain/user.ts';
import type { InTenant, Mailer } from './ports.ts';

export type SendPasswordResetDeps = {
  store: {
    takeResetRequest(): Promise<{ email: string; address: string | null; attempts: number } | null>;
    answerResetRequest(email: string): Promise<void>;
    findUserByEmail(email: string): Promise<User | null>;
    inTenant: InTenant;
  };
  mailer: Mailer;
  newSecret: (bytes: number) => string;
  clock: () => Date;
  /** Where clients reach the house, and the desk's page that takes a token behind `#token=`. */
  publicUrl: string;
  passwordResetUrl: string | null;
};

const goodForMinutes = 30;
const maxAttempts = 5;

/**
 * Writes one mail that is due, to an account that there is, that has a password and is not disabled; says whether there was a request. The
 * token is made for each attempt, since only its hash is kept. A mail that nobody takes is tried again for half an hour;
 * then the tenant's people are told. Throws what the mail server said.
 */
export async function sendPasswordReset(deps: SendPasswordResetDeps): Promise<boolean> {
  const { store } = deps;
  const request = await store.takeResetRequest();
  if (request === null) return false;
  const user = await store.findUserByEmail(request.email);
  if (user === null || user.passwordHash === null || user.disabledAt !== null) {
    await store.answerResetRequest(request.email);
    return true;
  }
  const actor = { id: user.id, address: request.address ?? undefined };
  const token = deps.newSecret(32);
  const expiresAt = new Date(deps.clock().getTime() + goodForMinutes * 60_000);
  await store.inTenant(user.tenantId, actor, ({ resets }) => resets.add(user.id, hashSecret(token), expiresAt));
  try {
    await deps.mailer.send({ to: user.email, subject: 'Another password', text: textOf(deps, user, token) });
  } catch (error) {
    if (request.attempts >= maxAttempts) {
      await store.inTenant(user.tenantId, actor, ({ users }) => users.alertMailNotSent(user.id));
      await store.answerResetRequest(request.email);
    }
    throw error;
  }
  await store.answerResetRequest(request.email);
  return true;
}

function textOf({ publicUrl, passwordResetUrl }: SendPasswordResetDeps, { email }: User, token: string): string {
  const how =
    passwordResetUrl === null
      ? [`This token is good for it once, within ${goodForMinutes} minutes:`, '', token]
      : [`This link is good for it once, within ${goodForMinutes} minutes:`, '', `${passwordResetUrl}#token=${token}`];
  return [
    `Somebody, you we hope, wants to choose another password for ${email} at ${publicUrl}.`,
    '',
    ...how,
    '',
    'If it was not you, do nothing: your password stays what it is.',
    '',
  ].join('\n');
}
