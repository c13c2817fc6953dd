import { type Command, commitCommand, type RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Database } from '@uw-wizard/shared/platform/database';
import { refuseErased } from '@uw-wizard/shared/platform/erasure';
import { fact, observe, writeFacts } from '@uw-wizard/shared/platform/outbox';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { contractOf, type SignFact } from '../domain/facts.ts';
import { createEnvelopes, type DataDeps } from './envelopes.ts';
import { createLeases } from './leases.ts';
import { createSlots } from './slots.ts';
import { createWebhookEvents } from './webhook-events.ts';

export type TenantData = ReturnType<typeof createTenantData>;

/** What `tenantId` has here, inside `tx`. */
export function createTenantData(tx: PlainTx, tenantId: string, deps: DataDeps) {
  return {
    envelopes: createEnvelopes(tx, tenantId, deps),
    slots: createSlots(tx, tenantId),
    leases: createLeases(tx),
    webhookEvents: createWebhookEvents(tx, tenantId),
    /** Throws `merchant-erased`; until this transaction ends the merchant is not erased either. */
    refuseErased: (merchantId: string) => refuseErased(tx, tenantId, merchantId),
    /** What is announced next about the deal is dated after `time`. */
    observe: (dealId: string, time: string) => observe(tx, tenantId, dealId, time),
    /** Announces something that is about no envelope of the tenant. */
    async announce(about: { subject: string; dealId?: string }, given: SignFact): Promise<void> {
      await writeFacts(tx, { tenantId, now: deps.clock() }, [fact(contractOf(given), about, given.data)]);
    },
  };
}

/** Transactions over one tenant's data. */
export function createStore(database: Database<PlainTx>['plain'], deps: DataDeps) {
  return {
    inTenant: <T>(tenantId: string, work: (data: TenantData) => Promise<T>): Promise<T> =>
      database.withTenant(tenantId, (tx) => work(createTenantData(tx, tenantId, deps))),
    look: <T>(tenantId: string, work: (data: TenantData) => Promise<T>): Promise<T> =>
      database.allAtOnce(tenantId, (tx) => work(createTenantData(tx, tenantId, deps))),
    /** The last transaction of a command: its effect and its recorded answer, together. */
    async commit<T>(command: Command<T>, work: (data: TenantData) => Promise<T>): Promise<RecordedAnswer> {
      const { tenant } = command.identity;
      const done = await commitCommand(database, command, (tx) => work(createTenantData(tx, tenant, deps)));
      return done.answer;
    },
  };
}
