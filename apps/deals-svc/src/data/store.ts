import { type Command, commitCommand, type RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Database } from '@uw-wizard/shared/platform/database';
import { createAlerts } from './alerts.ts';
import { createBackgroundChecks } from './background-checks.ts';
import type { Tx } from './database.ts';
import { createDeals } from './deals.ts';
import { createMerchants } from './merchants.ts';
import { createOffers } from './offers.ts';
import { createReservations } from './reservations.ts';
import { createTimeline } from './timeline.ts';

export type StoreDeps = { clock: () => Date; newId: () => string };

/** Everything of one tenant that one transaction may read and change. */
export function createUnit(tx: Tx, tenantId: string, deps: StoreDeps) {
  const timeline = createTimeline(tx, tenantId);
  return {
    merchants: createMerchants(tx, tenantId),
    deals: createDeals(tx, tenantId, { clock: deps.clock, timeline }),
    offers: createOffers(tx, tenantId),
    reservations: createReservations(tx, tenantId),
    backgroundChecks: createBackgroundChecks(tx, tenantId, deps),
    alerts: createAlerts(tx, tenantId, { ...deps, timeline }),
    timeline,
  };
}

export type Unit = ReturnType<typeof createUnit>;

/** Opens transactions on the service's data. */
export function createStore(database: Pick<Database<Tx>, 'withTenant'>, deps: StoreDeps) {
  return {
    /** Runs `work` in one transaction of `tenantId`. It may run more than once, so its effects are in the unit only. */
    inTenant<T>(tenantId: string, work: (unit: Unit) => Promise<T>): Promise<T> {
      return database.withTenant(tenantId, (tx) => work(createUnit(tx, tenantId, deps)));
    },
    /** The same for the effect of a command, with which its answer is kept. */
    async commit<T>(command: Command<T>, work: (unit: Unit) => Promise<T>): Promise<RecordedAnswer> {
      const { tenant } = command.identity;
      const { answer } = await commitCommand(database, command, (tx) => work(createUnit(tx, tenant, deps)));
      return answer;
    },
    /** The unit of a transaction that somebody else opened: a consumer's. */
    unitOf: (tx: Tx, tenantId: string): Unit => createUnit(tx, tenantId, deps),
  };
}
