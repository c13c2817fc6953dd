import { generateSecret, generateURI, verifySync } from 'otplib';

/** Codes of authenticator apps, RFC 6238 as all of them have it: SHA-1, six figures, a new one every 30 seconds. */
export type Totp = {
  newSecret(): string;
  /** What an app reads from a QR code. */
  uriOf(secret: string, account: string): string;
  /** The number of the 30 seconds that `code` belongs to, when that is now, the one before or the one after; else null. */
  stepOf(secret: string, code: string, now: Date): number | null;
};

const periodSeconds = 30;

/** `issuer`: whose account it is, as the app shows it. */
export function createTotp(issuer: string): Totp {
  return {
    newSecret: () => generateSecret(),
    uriOf: (secret, account) => generateURI({ issuer, label: account, secret }),
    stepOf(secret, code, now) {
      const epoch = Math.floor(now.getTime() / 1_000);
      const result = verifySync({ secret, token: code, epoch, epochTolerance: periodSeconds });
      return result.valid ? Math.floor(epoch / periodSeconds) + result.delta : null;
    },
  };
}
