import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import pLimit from 'p-limit';

/**
 * Argon2id with the first parameters that OWASP's password storage cheat sheet lists (19 MiB, 2 passes, 1 lane). The
 * library works on libuv's threads, so the event loop stays free.
 */
const parameters = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Checks and makes password hashes, on half of the cores, so that everything else goes on. */
export type Passwords = {
  hash(password: string): Promise<string>;
  verify(hash: string | null, password: string): Promise<boolean>;
  /** Whether `hash` was made with other parameters than those of today. */
  isDated(hash: string): boolean;
};

/**
 * `verify` takes as long for `null` (no such user) as for a wrong password, and then says no. The same characters in another
 * of Unicode's forms are the same password (NFKC).
 */
export async function createPasswords(): Promise<Passwords> {
  const limit = pLimit(Math.max(1, Math.floor(availableParallelism() / 2)));
  const nobody = await argon2.hash('nobody has this password', parameters);
  return {
    hash: (password) => limit(() => argon2.hash(password.normalize('NFKC'), parameters)),
    async verify(hash, password) {
      const matches = await limit(() => argon2.verify(hash ?? nobody, password.normalize('NFKC')));
      return matches && hash !== null;
    },
    isDated: (hash) => argon2.needsRehash(hash, parameters),
  };
}
