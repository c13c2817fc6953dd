import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { inOnePacket } from '@uw-wizard/shared/platform/plain-tx';
import type { Pool } from 'pg';
import type { Session } from '../domain/session.ts';
import type { User } from '../domain/user.ts';

/** A key as the gateway needs to know it. */
export type ApiKeyCredential = { id: string; tenantId: string; role: Role; name: string; expiresAt: Date | null };

/** Users, sessions and keys that are not what they were. */
export type CredentialChanges = { cursor: string; all: boolean; changes: { id: number; credentialId: string }[] };

/** More changes than this are not named one by one. */
const maxChanges = 10_000;

const userColumns = `id, tenant_id AS "tenantId", email, name, role, password_hash AS "passwordHash",
  must_change_password AS "mustChangePassword", disabled_at AS "disabledAt", created_at AS "createdAt"`;
const sessionColumns = `id, tenant_id AS "tenantId", user_id AS "userId", refresh_hash AS "refreshHash",
  expires_at AS "expiresAt", ended_at AS "endedAt"`;

/** What is looked up before a tenant is known: by an e-mail, a session's id, a key's hash; and what the gateways follow. */
export function createLookups(pool: Pool) {
  const first = async <Row extends object>(text: string, values: unknown[]): Promise<Row | null> =>
    (await pool.query<Row>(text, values)).rows[0] ?? null;
  return {
    findUserByEmail: (email: string): Promise<User | null> =>
      first<User>(`SELECT ${userColumns} FROM user_by_email($1)`, [email.toLowerCase()]),

    async findSession(id: string): Promise<{ session: Session; user: User } | null> {
      const session = await first<Session>(`SELECT ${sessionColumns} FROM session_by_id($1)`, [id]);
      if (session === null) return null;
      const byId = { text: `SELECT ${userColumns} FROM users WHERE id = $1`, values: [session.userId] };
      const [[user] = []] = (await inOnePacket(pool, [byId], session.tenantId)) as User[][];
      return user === undefined ? null : { session, user };
    },

    /** The key with this hash, when it is neither revoked nor expired. */
    findApiKey: (keyHash: string): Promise<ApiKeyCredential | null> =>
      first<ApiKeyCredential>(
        `SELECT id, tenant_id AS "tenantId", role, name, expires_at AS "expiresAt" FROM api_key_by_hash($1)
         WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
        [keyHash],
      ),

    /** Notes that a key is in use, once a minute at most. */
    async noteKeyUse({ id, tenantId }: { id: string; tenantId: string }): Promise<void> {
      const text = `UPDATE api_keys SET last_used_at = now()
         WHERE id = $1 AND tenant_id = $2 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;
      await inOnePacket(pool, [{ text, values: [id, tenantId] }], tenantId);
    },

    /** Whether a key with this hash was there and is no longer good. */
    wasApiKeyRevoked: async (keyHash: string): Promise<boolean> =>
      (await first('SELECT 1 FROM api_key_by_hash($1) WHERE (revoked_at IS NOT NULL OR expires_at <= now())', [
        keyHash,
      ])) !== null,

    /**
     * What has changed since the answer that gave `since`. The cursor is a transaction's number: everything below it had
     * ended when the answer was made, and whatever ends later has a number that is not below it. So nothing is missed,
     * and what was said before may be said again. A number from the future is another database's.
     */
    async credentialChanges(since: string | null): Promise<CredentialChanges> {
      const { rows } = await pool.query<{ cursor: string; ahead: boolean; changes: string[] }>(
        `SELECT seen.oldest::text AS cursor, coalesce($1::xid8 > pg_snapshot_xmax(seen.now), true) AS ahead,
           ARRAY(SELECT id || ' ' || credential_id FROM credentials_changed_since($1::xid8, $2)) AS changes
         FROM (SELECT pg_current_snapshot() AS now, pg_snapshot_xmin(pg_current_snapshot()) AS oldest) AS seen`,
        [since, maxChanges + 1],
      );
      const [row] = rows;
      if (row === undefined) throw new Error('the database did not say where it is');
      if (row.ahead || row.changes.length > maxChanges) return { cursor: row.cursor, all: true, changes: [] };
      const changes = row.changes.map((text) => {
        const [id, credentialId = ''] = text.split(' ');
        return { id: Number(id), credentialId };
      });
      return { cursor: row.cursor, all: false, changes };
    },
  };
}
