import { Piscina } from 'piscina';
import { isDated } from './password.worker.ts';

/** Checks and makes password hashes, one at a time and after everything else. */
export type Passwords = {
  hash(password: string): Promise<string>;
  verify(hash: string | null, password: string): Promise<boolean>;
  /** Whether `hash` was made with other parameters than those of today. */
  isDated(hash: string): boolean;
  close(): Promise<void>;
};

/**
 * On Linux a tenth of the processor's time is the thread's while others want it too; elsewhere it is as any other, for there it
 * would be the whole process that gives way.
 */
const niceIncrement = process.platform === 'linux' ? 10 : 0;

/**
 * Hashes in a worker thread. `verify` takes as long for `null` (no such user) as for a wrong password, and then says no. The
 * same characters in another of Unicode's forms are the same password (NFKC).
 */
export function createPasswords(): Passwords {
  const pool = new Piscina({
    filename: new URL('./password.worker.ts', import.meta.url).href,
    env: {},
    atomics: 'disabled',
    minThreads: 1,
    maxThreads: 1,
    niceIncrement,
  });
  return {
    hash: (password) => pool.run(password.normalize('NFKC'), { name: 'hashPassword' }),
    verify: (hash, password) => pool.run({ hash, password: password.normalize('NFKC') }, { name: 'verifyPassword' }),
    isDated,
    close: () => pool.close({ force: true }),
  };
}
