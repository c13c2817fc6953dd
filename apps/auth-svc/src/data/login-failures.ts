import { hash } from 'node:crypto';
import { networkOf } from '@uw-wizard/shared/platform/network-of';
import type { Pool } from 'pg';
import { accountLimit, type LoginLimit, networkLimit, waitsOf } from '../domain/login-limit.ts';

/** Counts attempts to log in, at accounts and from networks; one count for all replicas. */
export type LoginFailures = {
  /** How long an attempt at this account from this address must wait, in seconds; 0: none, and it is counted. */
  begin(email: string, address: string | undefined): Promise<number>;
  /** The same for what a network alone is charged for. */
  beginFromNetwork(address: string | undefined): Promise<number>;
  /** How long a network must wait, in seconds; nothing is counted. */
  waitOfNetwork(address: string | undefined): Promise<number>;
  /** The attempt failed: the network is charged for it, too. */
  fail(address: string | undefined): Promise<void>;
  /** The attempt succeeded: what was counted at the account is forgotten. */
  succeed(email: string): Promise<void>;
};

/**
 * Accounts are counted before an attempt is made, so that many at once are not all free; whether an account exists makes no
 * difference, and its address is kept as a hash.
 */
export function createLoginFailures(pool: Pick<Pool, 'query'>): LoginFailures {
  const waitOf = async (subjects: readonly string[]): Promise<number> => {
    const { rows } = await pool.query<{ seconds: number }>(
      `SELECT coalesce(max(ceil(extract(epoch FROM blocked_until - now()))), 0)::int AS seconds FROM login_failures
       WHERE subject = ANY ($1) AND blocked_until > now()`,
      [subjects],
    );
    return rows[0]?.seconds ?? 0;
  };
  const count = async (subject: string, limit: LoginLimit): Promise<boolean> => {
    const waits = waitsOf(limit);
    // A wait begins in the statement that counts: of many at once those after it see it.
    const { rowCount } = await pool.query(
      `INSERT INTO login_failures AS known (subject, failures, last_at) VALUES ($1, 1, now())
       ON CONFLICT (subject) DO UPDATE SET (last_at, failures, blocked_until) = (
         SELECT now(), nth, CASE WHEN wait > 0 THEN now() + make_interval(secs => wait) END
         FROM (SELECT 1 + greatest(0, known.failures - $2 * extract(epoch FROM now() - known.last_at)::float / 3600)) AS n (nth)
         CROSS JOIN LATERAL (SELECT ($3::int[])[least(ceil(nth)::int, cardinality($3::int[]))]) AS w (wait))
       WHERE known.blocked_until IS NULL OR known.blocked_until <= now()`,
      [subject, limit.forgivenPerHour, waits],
    );
    return rowCount === 1;
  };
  return {
    async begin(email, address) {
      const account = accountOf(email);
      const wait = await waitOf([account, networkSubject(address)]);
      if (wait > 0) return wait;
      // Others, at the same moment, were the last that are let through.
      return (await count(account, accountLimit)) ? 0 : Math.max(1, await waitOf([account]));
    },
    async beginFromNetwork(address) {
      const network = networkSubject(address);
      return (await count(network, networkLimit)) ? 0 : Math.max(1, await waitOf([network]));
    },
    waitOfNetwork: (address) => waitOf([networkSubject(address)]),
    async fail(address) {
      await count(networkSubject(address), networkLimit);
    },
    async succeed(email) {
      await pool.query('DELETE FROM login_failures WHERE subject = $1', [accountOf(email)]);
    },
  };
}

function accountOf(email: string): string {
  return `account ${hash('sha256', email.trim().toLowerCase())}`;
}

function networkSubject(address: string | undefined): string {
  return `network ${address === undefined ? 'unknown' : networkOf(address)}`;
}
