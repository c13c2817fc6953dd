import { apikeyCreated, sessionFailed, sessionStarted, userCreated } from '@uw-wizard/shared/contracts/auth';
import type { Role } from '@uw-wizard/shared/contracts/permissions';
import type { Database } from '@uw-wizard/shared/platform/database';
import { fact, writeFacts } from '@uw-wizard/shared/platform/outbox';
import { currentRequest } from '@uw-wizard/shared/platform/request-context';
import { v7 as uuidv7 } from 'uuid';
import type { Session, User } from '../domain/session.ts';
import type { Prisma } from './generated/client.ts';

export type AuthTx = Prisma.TransactionClient;

/** A key as the gateway needs to know it. */
export type ApiKeyCredential = { id: string; tenantId: string; role: Role; name: string; expiresAt: Date | null };

type Audit = {
  action: string;
  actor: string;
  entityType: string;
  entityId: string;
  address?: string | undefined;
  data?: Prisma.InputJsonObject;
};

export type AuthStore = ReturnType<typeof createAuthStore>;

/** Everything auth-svc keeps. Each method is one transaction, with the facts and the audit row that belong to it. */
export function createAuthStore(database: Database<AuthTx>) {
  return {
    /** Before a tenant is known: the user with this e-mail, in any tenant. */
    async findUserByEmail(email: string): Promise<User | null> {
      const { rows } = await database.pool.query<UserRow>('SELECT * FROM users WHERE email = $1', [
        email.toLowerCase(),
      ]);
      return rows[0] === undefined ? null : toUser(rows[0]);
    },

    /** Before a tenant is known: the session with this id and its user. */
    async findSession(id: string): Promise<{ session: Session; user: User } | null> {
      const sessions = await database.pool.query<SessionRow>('SELECT * FROM sessions WHERE id = $1', [id]);
      const session = sessions.rows[0];
      if (session === undefined) return null;
      const users = await database.pool.query<UserRow>('SELECT * FROM users WHERE id = $1', [session.user_id]);
      const user = users.rows[0];
      return user === undefined ? null : { session: toSession(session), user: toUser(user) };
    },

    /** Before a tenant is known: the key with this hash, when it is neither revoked nor expired. */
    async findApiKey(keyHash: string): Promise<ApiKeyCredential | null> {
      const { rows } = await database.pool.query<{
        id: string;
        tenant_id: string;
        role: Role;
        name: string;
        expires_at: Date | null;
      }>(
        'SELECT id, tenant_id, role, name, expires_at FROM api_keys WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())',
        [keyHash],
      );
      const row = rows[0];
      return row === undefined
        ? null
        : { id: row.id, tenantId: row.tenant_id, role: row.role, name: row.name, expiresAt: row.expires_at };
    },

    /** Whether a key with this hash was there and is no longer good. */
    async wasApiKeyRevoked(keyHash: string): Promise<boolean> {
      const { rowCount } = await database.pool.query(
        'SELECT 1 FROM api_keys WHERE key_hash = $1 AND (revoked_at IS NOT NULL OR expires_at <= now())',
        [keyHash],
      );
      return rowCount === 1;
    },

    async findUser(tenantId: string, id: string): Promise<User | null> {
      return database.withTenant(tenantId, (tx) => tx.user.findFirst({ where: { tenantId, id } }));
    },

    async startSession(session: Session, now: Date, address: string | undefined): Promise<void> {
      const { id, tenantId, userId } = session;
      await database.withTenant(tenantId, async (tx) => {
        await tx.session.create({
          data: { id, tenantId, userId, refreshHash: session.refreshHash, expiresAt: session.expiresAt },
        });
        await audit(tx, tenantId, {
          action: 'session.started',
          actor: userId,
          entityType: 'session',
          entityId: id,
          address,
        });
        await writeFacts(tx, { tenantId, now }, [
          fact(sessionStarted, { subject: userId }, { user_id: userId, session_id: id }),
        ]);
      });
    },

    async recordFailedLogin(user: User, reason: string, now: Date, address: string | undefined): Promise<void> {
      const { id, tenantId } = user;
      await database.withTenant(tenantId, async (tx) => {
        await audit(tx, tenantId, {
          action: 'session.failed',
          actor: id,
          entityType: 'user',
          entityId: id,
          address,
          data: { reason },
        });
        await writeFacts(tx, { tenantId, now }, [fact(sessionFailed, { subject: id }, { user_id: id, reason })]);
      });
    },

    /** Puts a new refresh secret in the place of `from`; false when `from` is no longer the good one. */
    async rotateSession(tenantId: string, id: string, from: string, to: string, now: Date): Promise<boolean> {
      return database.withTenant(tenantId, async (tx) => {
        const where = { tenantId, id, refreshHash: from, endedAt: null };
        const { count } = await tx.session.updateMany({ where, data: { refreshHash: to, refreshedAt: now } });
        return count === 1;
      });
    },

    /** Ends a session; ending it again changes nothing. */
    async endSession(tenantId: string, id: string, reason: string, now: Date): Promise<void> {
      await database.withTenant(tenantId, async (tx) => {
        const { count } = await tx.session.updateMany({
          where: { tenantId, id, endedAt: null },
          data: { endedAt: now, endReason: reason },
        });
        if (count === 1)
          await audit(tx, tenantId, {
            action: 'session.ended',
            actor: 'session',
            entityType: 'session',
            entityId: id,
            data: { reason },
          });
      });
    },

    /** Makes the tenant when there is none. */
    async ensureTenant(tenantId: string): Promise<void> {
      await database.withTenant(tenantId, (tx) =>
        tx.tenant.upsert({ where: { id: tenantId }, create: { id: tenantId, name: tenantId }, update: {} }),
      );
    },

    async createUser(user: Omit<User, 'disabledAt'>, now: Date): Promise<void> {
      const { id, tenantId, role } = user;
      await database.withTenant(tenantId, async (tx) => {
        await tx.user.create({ data: user });
        await audit(tx, tenantId, {
          action: 'user.created',
          actor: 'bootstrap',
          entityType: 'user',
          entityId: id,
          data: { role },
        });
        await writeFacts(tx, { tenantId, now }, [fact(userCreated, { subject: id }, { user_id: id, role })]);
      });
    },

    /** Makes `key` the tenant's only good key of this name: older ones of the same name are revoked. */
    async replaceApiKey(
      key: { tenantId: string; name: string; role: Role; prefix: string; keyHash: string },
      now: Date,
    ): Promise<void> {
      const { tenantId, name, role, keyHash } = key;
      await database.withTenant(tenantId, async (tx) => {
        const id = uuidv7();
        await tx.apiKey.updateMany({
          where: { tenantId, name, revokedAt: null, keyHash: { not: keyHash } },
          data: { revokedAt: now },
        });
        await tx.apiKey.create({ data: { id, ...key } });
        await audit(tx, tenantId, {
          action: 'apikey.created',
          actor: 'bootstrap',
          entityType: 'api_key',
          entityId: id,
          data: { name, role },
        });
        await writeFacts(tx, { tenantId, now }, [fact(apikeyCreated, { subject: id }, { api_key_id: id, role })]);
      });
    },
  };
}

async function audit(tx: AuthTx, tenantId: string, row: Audit): Promise<void> {
  const { data, address, ...rest } = row;
  const requestId = currentRequest()?.request_id ?? null;
  await tx.auditLog.create({
    data: { id: uuidv7(), tenantId, ...rest, address: address ?? null, requestId, data: data ?? {} },
  });
}

type UserRow = {
  id: string;
  tenant_id: string;
  email: string;
  name: string;
  role: Role;
  password_hash: string;
  disabled_at: Date | null;
};

function toUser(row: UserRow): User {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    email: row.email,
    name: row.name,
    role: row.role,
    passwordHash: row.password_hash,
    disabledAt: row.disabled_at,
  };
}

type SessionRow = {
  id: string;
  tenant_id: string;
  user_id: string;
  refresh_hash: string;
  expires_at: Date;
  ended_at: Date | null;
};

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    userId: row.user_id,
    refreshHash: row.refresh_hash,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
  };
}
