import { dealExists } from '@uw-wizard/shared/contracts/asks';
import { smsAlerted } from '@uw-wizard/shared/contracts/sms';
import { createAsk } from '@uw-wizard/shared/platform/ask';
import { openDatabase } from '@uw-wizard/shared/platform/database';
import { createErasureWorkers } from '@uw-wizard/shared/platform/erasure';
import { watchService } from '@uw-wizard/shared/platform/health';
import { createHousekeeping } from '@uw-wizard/shared/platform/housekeeping';
import { createHttpApp } from '@uw-wizard/shared/platform/http-app';
import { createIdentityVerifier } from '@uw-wizard/shared/platform/identity';
import { createOutboxRelay } from '@uw-wizard/shared/platform/outbox-relay';
import type { Service, ServiceDeps } from '@uw-wizard/shared/platform/service';
import type { SmsConfig } from './config.ts';
import { eraseTexts } from './data/erasure.ts';
import { PrismaClient } from './data/generated/client.ts';
import { createMockProvider } from './data/mock-provider.ts';
import { createSmsStore, type SmsTx } from './data/store.ts';
import { smsRoutes } from './http/sms.routes.ts';
import { createFinisher } from './usecases/finish-texts.ts';

export const migrationsFolder = new URL('../prisma/migrations/', import.meta.url);

/** Puts sms-svc together, on a migrated database. */
export async function createSmsService(
  config: SmsConfig,
  { bus, log, onEdge, metrics }: ServiceDeps,
): Promise<Service> {
  const edge = onEdge === undefined ? {} : { onEdge };
  const database = openDatabase<SmsTx>({
    url: config.databaseUrl,
    workerUrl: config.databaseWorkerUrl,
    maxConnections: config.databaseConnections,
    client: (adapter) => new PrismaClient({ adapter }),
    name: 'sms-svc',
    ...edge,
  });
  const store = createSmsStore(database);
  const provider = createMockProvider({ pool: database.pool, ...edge });
  const clock = () => new Date();
  const ask = createAsk(bus);
  const finisher = createFinisher({ store, provider, log, clock, exclusively: database.exclusively });

  const health = watchService({ database, bus, metrics });
  const app = createHttpApp({
    service: 'sms-svc',
    handlers: smsRoutes({
      store,
      database,
      exclusively: database.exclusively,
      provider,
      clock,
      sender: config.sender,
      senderName: config.senderName,
      limits: config.limits,
      webhookSecrets: config.webhookSecrets,
      fallbackTenantId: config.bootstrapTenantId,
      ownerOf: (sender) => (sender === config.sender ? config.bootstrapTenantId : null),
      findDeal: async (tenantId, dealId) => {
        const deal = await ask(dealExists, { tenant_id: tenantId, deal_id: dealId });
        return { merchantId: deal.merchant_id, dealTime: deal.deal_time };
      },
      onReply: () => finisher.wake(),
    }),
    verifyIdentity: createIdentityVerifier(config.identityPublicKeys, 'sms-svc'),
    health,
    metrics,
    log,
    problemBase: `${config.publicUrl}/problems`,
  });
  return {
    name: 'sms-svc',
    app,
    health,
    workers: [
      finisher,
      ...createErasureWorkers({
        ...{ service: 'sms-svc', database, bus, log, metrics, alerted: smsAlerted },
        unknownTenantId: config.bootstrapTenantId,
        blankRows: eraseTexts,
      }),
      createHousekeeping({ database, log }),
      createOutboxRelay({ publisher: 'sms-svc', database, bus, log, metrics }),
    ],
    close: () => database.close(),
  };
}
