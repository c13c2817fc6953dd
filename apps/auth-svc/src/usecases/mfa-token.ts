import { z } from 'zod';
import { hashSecret } from '../domain/secrets.ts';
import type { User } from '../domain/user.ts';
import type { Seals } from './ports.ts';

/** How long whoever has shown the password may take over the second factor. */
const goodForMs = 5 * 60_000;
const purpose = 'mfa token';

const tokenSchema = z.object({ tenant: z.string(), user: z.uuid(), password: z.string(), until: z.number() });

type Deps = { seals: Seals; clock: () => Date };

/** Proof that somebody has shown `user`'s password; nothing of it is kept. Another password, and it is good no more. */
export function sealMfaToken({ seals, clock }: Deps, user: User & { passwordHash: string }): string {
  const until = clock().getTime() + goodForMs;
  const { tenantId: tenant, id, passwordHash } = user;
  return seals.seal(JSON.stringify({ tenant, user: id, password: hashSecret(passwordHash), until }), purpose);
}

/** Whose password was shown; null for a token that is none, or too old. */
export function openMfaToken({ seals, clock }: Deps, token: string) {
  const text = seals.open(token, purpose);
  if (text === null) return null;
  const { tenant, user, password, until } = tokenSchema.parse(JSON.parse(text));
  if (until <= clock().getTime()) return null;
  return { tenantId: tenant, userId: user, isOf: (now: User) => hashSecret(now.passwordHash ?? '') === password };
}
