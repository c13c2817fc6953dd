import { hashSecret } from './secrets.ts';

/** A user's authenticator app (TOTP, RFC 6238). Logins ask for it once it is confirmed. */
export type SecondFactor = {
  readonly userId: string;
  /** Encrypted; see `sealPurpose`. */
  readonly sealedSecret: string;
  readonly confirmedAt: Date | null;
};

/** What a user shows besides the password: six figures of the app, or one of the codes that were written down. */
export type SecondProof = { readonly code: string } | { readonly recoveryCode: string };

/** How many codes there are for who has lost the app; each is good once. */
export const recoveryCodeCount = 10;

/** What a secret is sealed for: one that was moved to another user's row does not open. */
export function sealPurpose(userId: string): string {
  return `second factor of ${userId}`;
}

const letters = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Sixteen letters and figures (80 bits) in four groups, of ten random bytes. None that look alike. */
export function recoveryCodeOf(bytes: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let code = '';
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) code += letters[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return code.match(/.{4}/g)?.join('-') ?? code;
}

/** As a recovery code is kept: whatever its case, spaces and hyphens; of this user. */
export function hashRecoveryCode(userId: string, code: string): string {
  return hashSecret(`${userId} ${code.toLowerCase().replaceAll(/[\s-]/g, '')}`);
}
