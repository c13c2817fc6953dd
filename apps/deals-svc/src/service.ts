import { createAccessLog } from '@uw-wizard/shared/platform/access-log';
import { createAsk } from '@uw-wizard/shared/platform/ask';
import { createConsumers } from '@uw-wizard/shared/platform/consumers';
import { watchService } from '@uw-wizard/shared/platform/health';
import { createHousekeeping } from '@uw-wizard/shared/platform/housekeeping';
import { createHttpApp } from '@uw-wizard/shared/platform/http-app';
import { createIdentityVerifier } from '@uw-wizard/shared/platform/identity';
import { createOutboxRelay } from '@uw-wizard/shared/platform/outbox-relay';
import { createResponder } from '@uw-wizard/shared/platform/responder';
import type { Service, ServiceDeps } from '@uw-wizard/shared/platform/service';
import { v7 as uuidv7 } from 'uuid';
import type { DealsConfig } from './config.ts';
import { openDealsDatabase } from './data/database.ts';
import { createFields } from './data/fields.ts';
import { createSanctions } from './data/sanctions.ts';
import { createStore } from './data/store.ts';
import { backgroundPolicy } from './domain/background/evaluate.ts';
import { POLICY_2026_11 } from './domain/pricing/policy-2026-11.ts';
import { RESTRICTED_INDUSTRIES } from './domain/restricted-industries.ts';
import { answerQuestions } from './events/answers.ts';
import { raiseGivenUp } from './events/given-up.ts';
import { alertsRoutes } from './http/alerts.routes.ts';
import { backgroundRoutes } from './http/background.routes.ts';
import { dealsRoutes } from './http/deals.routes.ts';
import { intakeRoutes } from './http/intake.routes.ts';
import { offersRoutes } from './http/offers.routes.ts';
import { followed } from './operations.ts';

export const migrationsFolder = new URL('../prisma/migrations/', import.meta.url);

/** Puts deals-svc together on a migrated database. `clock` is given by tests that need another day. */
export async function createDealsService(
  config: DealsConfig,
  { bus, log, onEdge, metrics, clock = () => new Date() }: ServiceDeps & { clock?: () => Date },
): Promise<Service> {
  const fields = createFields(config);
  const urls = { url: config.databaseUrl, workerUrl: config.databaseWorkerUrl };
  const database = openDealsDatabase({ ...urls, onEdge, answerSeals: fields });
  const store = createStore(database, { clock, newId: uuidv7, fields });
  const sanctions = createSanctions({ folder: config.sanctionsDir, log });
  const deps = {
    // Where answers are kept.
    database: database.plain,
    recordAccess: createAccessLog(database.plain, 'deals-svc'),
    bus,
    log,
    clock,
    newId: uuidv7,
    ask: createAsk(bus),
    inTenant: store.inTenant,
    look: store.look,
    commit: store.commit,
    desk: store.desk,
    policy: POLICY_2026_11,
    backgroundPolicy: backgroundPolicy({ mockMode: config.mockMode }),
    restrictedIndustries: RESTRICTED_INDUSTRIES,
    checkSanctions: sanctions.check,
  };

  const health = watchService({ database, bus, metrics });
  const app = createHttpApp({
    service: 'deals-svc',
    handlers: {
      ...dealsRoutes(deps),
      ...intakeRoutes(deps),
      ...offersRoutes(deps),
      ...backgroundRoutes(deps),
      ...alertsRoutes(deps),
    },
    verifyIdentity: createIdentityVerifier(config.identityPublicKeys, 'deals-svc'),
    health,
    metrics,
    log,
    problemBase: `${config.publicUrl}/problems`,
  });
  return {
    name: 'deals-svc',
    app,
    health,
    workers: [
      ...createConsumers({
        service: 'deals-svc',
        metrics,
        database: database.plain,
        bus,
        log,
        following: followed(store.unitOf),
        onGivenUp: (tx, given) => raiseGivenUp(store.unitOf(tx, given.tenantId), given),
        unknownTenantId: config.bootstrapTenantId,
      }),
      createResponder({ name: 'deals-svc answers', start: () => answerQuestions(deps) }),
      createHousekeeping({ database, log }),
      createOutboxRelay({ publisher: 'deals-svc', database, bus, log, metrics }),
    ],
    async close() {
      await sanctions.close();
      await database.close();
    },
  };
}
