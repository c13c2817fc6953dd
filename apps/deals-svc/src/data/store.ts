import { type Command, commitCommand, type RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Database, SqlTx } from '@uw-wizard/shared/platform/database';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { createAlertDesk, createAlerts } from './alerts.ts';
import { createBackgroundChecks } from './background-checks.ts';
import type { Tx } from './database.ts';
import { createDeals } from './deals.ts';
import { createErasures } from './erasures.ts';
import type { Fields } from './fields.ts';
import { createMerchants } from './merchants.ts';
import { createOffers } from './offers.ts';
import { createReservations } from './reservations.ts';
import { createTimeline } from './timeline.ts';

export type StoreDeps = { clock: () => Date; newId: () => string; fields: Fields };

/** Everything of one tenant that one transaction may read and change. */
export function createUnit(tx: PlainTx, tenantId: string, deps: StoreDeps) {
  const timeline = createTimeline(tx, tenantId);
  return {
    merchants: createMerchants(tx, tenantId, deps),
    deals: createDeals(tx, tenantId, { ...deps, timeline }),
    offers: createOffers(tx, tenantId),
    reservations: createReservations(tx, tenantId, deps),
    backgroundChecks: createBackgroundChecks(tx, tenantId, deps),
    alerts: createAlerts(tx, tenantId, { ...deps, timeline }),
    timeline,
    erasures: createErasures(tx, tenantId, deps),
  };
}

export type Unit = ReturnType<typeof createUnit>;

/** Opens transactions on the service's data. */
export function createStore(
  database: Pick<Database<Tx>, 'pool' | 'withTenant' | 'plain' | 'answerSeals'>,
  deps: StoreDeps,
) {
  const deskOf = (tx: Tx, tenantId: string) => ({ alerts: createAlertDesk(tx, tenantId, deps) });
  return {
    ...transactionsOn(database.plain, (tx, tenantId) => createUnit(tx, tenantId, deps)),
    /** The same for what begins all its looks at once. */
    look: <T>(tenantId: string, work: (unit: Unit) => Promise<T>): Promise<T> =>
      database.plain.allAtOnce(tenantId, (tx) => work(createUnit(tx, tenantId, deps))),
    /** The same for what people look up: lists, with the models' filters and orders. */
    desk: transactionsOn(database, deskOf),
    /** The unit of a transaction that somebody else opened: a consumer's. */
    unitOf: (tx: PlainTx, tenantId: string): Unit => createUnit(tx, tenantId, deps),
  };
}

function transactionsOn<AnyTx extends SqlTx, AnyUnit>(
  database: Pick<Database<AnyTx>, 'pool' | 'withTenant' | 'answerSeals'>,
  unitOf: (tx: AnyTx, tenantId: string) => AnyUnit,
) {
  return {
    /** Runs `work` in one transaction of `tenantId`. It may run more than once, so its effects are in the unit only. */
    inTenant<T>(tenantId: string, work: (unit: AnyUnit) => Promise<T>): Promise<T> {
      return database.withTenant(tenantId, (tx) => work(unitOf(tx, tenantId)));
    },
    /** The same for the effect of a command, with which its answer is kept. */
    async commit<T>(command: Command<T>, work: (unit: AnyUnit) => Promise<T>): Promise<RecordedAnswer> {
      const { tenant } = command.identity;
      const { answer } = await commitCommand(database, command, (tx) => work(unitOf(tx, tenant)));
      return answer;
    },
  };
}
