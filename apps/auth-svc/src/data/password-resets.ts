import type { Pool } from 'pg';
import type { Actor } from './audit.ts';
import { audit } from './audit.ts';
import type { AuthTx } from './database.ts';

/** Somebody who wants another password for the account with this address, whosever it is. */
export type ResetRequest = { readonly email: string; readonly address: string | null; readonly attempts: number };

/** Whose a token is. */
export type ResetToken = { readonly tenantId: string; readonly userId: string };

/**
 * Requests for another password. They say nothing about whether there is such an account, and hold no secret: the token is
 * made when the mail is written. A request stays known for some minutes, so that one address gets one mail in that time.
 */
export function createResetRequests(pool: Pick<Pool, 'query'>) {
  return {
    /** Notes a request, unless the address has one that is newer than five minutes. */
    async requestReset(email: string, address: string | undefined): Promise<void> {
      await pool.query(
        `INSERT INTO password_reset_requests AS known (email, address) VALUES ($1, $2)
         ON CONFLICT (email) DO UPDATE SET address = excluded.address, attempts = 0, due_at = now(), created_at = now()
         WHERE known.created_at < now() - interval '5 minutes'`,
        [email, address ?? null],
      );
    },
    /** Takes one that is due; it is due again after a while that doubles from a minute, unless it is answered. */
    async takeResetRequest(): Promise<ResetRequest | null> {
      const { rows } = await pool.query<ResetRequest>(
        `UPDATE password_reset_requests SET attempts = attempts + 1, due_at = now() + interval '1 minute' * 2 ^ least(attempts, 6)
         WHERE email = (SELECT email FROM password_reset_requests WHERE due_at <= now() ORDER BY due_at LIMIT 1
           FOR UPDATE SKIP LOCKED)
         RETURNING email, address, attempts`,
      );
      return rows[0] ?? null;
    },
    /** Nothing more is to be done for it. */
    async answerResetRequest(email: string): Promise<void> {
      await pool.query("UPDATE password_reset_requests SET due_at = 'infinity' WHERE email = $1", [email]);
    },
    /** Before a tenant is known: whose this token is, while it is good. */
    async findReset(tokenHash: string): Promise<ResetToken | null> {
      const { rows } = await pool.query<ResetToken>(
        `SELECT tenant_id AS "tenantId", user_id AS "userId" FROM reset_by_token($1)
         WHERE used_at IS NULL AND expires_at > now()`,
        [tokenHash],
      );
      return rows[0] ?? null;
    },
  };
}

/** The tokens of `tenantId` in one of its transactions. */
export function createResets(tx: AuthTx, tenantId: string, actor: Actor, now: Date) {
  return {
    /** Keeps a token that is about to be sent, as its hash. */
    async add(userId: string, tokenHash: string, expiresAt: Date): Promise<void> {
      await tx.passwordReset.create({ data: { tokenHash, tenantId, userId, expiresAt } });
      audit(tx, tenantId, actor, [{ action: 'user.password_reset_requested', entityType: 'user', entityId: userId }]);
    },
    /** Uses a token up, and all others that its user was sent. False when it is good no more. */
    async use(userId: string, tokenHash: string): Promise<boolean> {
      const where = { tenantId, userId, usedAt: null };
      const good = { ...where, tokenHash, expiresAt: { gt: now } };
      const { count } = await tx.passwordReset.updateMany({ where: good, data: { usedAt: now } });
      if (count === 1) await tx.passwordReset.updateMany({ where, data: { usedAt: now } });
      return count === 1;
    },
  };
}
