import { type Command, commitCommand, type RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Database } from '@uw-wizard/shared/platform/database';
import { createApiKeys } from './api-keys.ts';
import type { Actor } from './audit.ts';
import { createAuditReads } from './audit-reads.ts';
import type { AuthTx } from './database.ts';
import { createLookups } from './lookups.ts';
import { createOidcAccounts } from './oidc-accounts.ts';
import { createResetRequests, createResets } from './password-resets.ts';
import { createSecondFactors } from './second-factors.ts';
import { createSessions } from './sessions.ts';
import { createUsers } from './users.ts';

/** Everything of one tenant that one transaction may read and change; each change with its audit row and its facts. */
function createUnit(tx: AuthTx, tenantId: string, actor: Actor, now: Date) {
  return {
    users: createUsers(tx, tenantId, actor, now),
    sessions: createSessions(tx, tenantId, actor, now),
    apiKeys: createApiKeys(tx, tenantId, actor, now),
    resets: createResets(tx, tenantId, actor, now),
    secondFactors: createSecondFactors(tx, tenantId, actor, now),
    oidcAccounts: createOidcAccounts(tx, tenantId, actor),
    auditLog: createAuditReads(tx, tenantId),
    /** Makes the tenant when there is none. */
    async ensureTenant(): Promise<void> {
      await tx.tenant.upsert({ where: { id: tenantId }, create: { id: tenantId, name: tenantId }, update: {} });
    },
  };
}

export type Unit = ReturnType<typeof createUnit>;
export type AuthStore = ReturnType<typeof createAuthStore>;

/** Everything auth-svc keeps. */
export function createAuthStore(database: Database<AuthTx>, { clock }: { clock: () => Date }) {
  return {
    ...createLookups(database.pool),
    ...createResetRequests(database.pool),

    /** Runs `work` in one transaction of `tenantId`. It may run more than once, so its effects are in the unit only. */
    inTenant<T>(tenantId: string, actor: Actor, work: (unit: Unit) => Promise<T>): Promise<T> {
      return database.withTenant(tenantId, (tx) => work(createUnit(tx, tenantId, actor, clock())));
    },

    /** The same for the effect of a command, with which its answer is kept. */
    async commit<T>(command: Command<T>, work: (unit: Unit) => Promise<T>): Promise<RecordedAnswer> {
      const { tenant, sub, addr } = command.identity;
      const actor = { id: sub, address: addr };
      const { answer } = await commitCommand(database, command, (tx) => work(createUnit(tx, tenant, actor, clock())));
      return answer;
    },
  };
}
