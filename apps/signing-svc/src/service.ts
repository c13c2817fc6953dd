import { signAlerted } from '@uw-wizard/shared/contracts/signing';
import { createAccessLog } from '@uw-wizard/shared/platform/access-log';
import { createAsk } from '@uw-wizard/shared/platform/ask';
import { createConsumers } from '@uw-wizard/shared/platform/consumers';
import { noEdge } from '@uw-wizard/shared/platform/edges';
import { createErasureWorkers, type Erased } from '@uw-wizard/shared/platform/erasure';
import { createFieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { watchService } from '@uw-wizard/shared/platform/health';
import { createHousekeeping } from '@uw-wizard/shared/platform/housekeeping';
import { createHttpApp } from '@uw-wizard/shared/platform/http-app';
import { createIdentityVerifier } from '@uw-wizard/shared/platform/identity';
import { openStorage } from '@uw-wizard/shared/platform/open-storage';
import { createOutboxRelay } from '@uw-wizard/shared/platform/outbox-relay';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Service, ServiceDeps } from '@uw-wizard/shared/platform/service';
import { createStorageProbe } from '@uw-wizard/shared/platform/storage-probe';
import { v7 as uuidv7 } from 'uuid';
import { defaultLimits, type SigningConfig } from './config.ts';
import { createPdfWriter, type PdfWriter } from './data/create-pdf-writer.ts';
import { openSigningDatabase } from './data/database.ts';
import { createDueWork } from './data/due.ts';
import { blankEnvelopes, envelopesOfErased } from './data/erasure.ts';
import { createKeepFile } from './data/keep-file.ts';
import { createLookups } from './data/lookups.ts';
import { openMockProvider } from './data/mock/open-mock-provider.ts';
import { createStore, createTenantData } from './data/store.ts';
import { eventGivenUp } from './domain/alerts.ts';
import type { SigningProvider } from './domain/signing-provider.ts';
import { signRoutes } from './http/sign.routes.ts';
import { followed } from './operations.ts';
import { eraseAgreements } from './usecases/erase-agreements.ts';
import { createFollowUp } from './workers/follow-up.ts';
import { createFileSweep } from './workers/sweep-files.ts';

export const migrationsFolder = new URL('../prisma/migrations/', import.meta.url);

/**
 * `provider` takes the place of the configured one: a test's own company. `pdfs` is one that several services share; it
 * stays open when they close.
 */
export type SigningDeps = ServiceDeps & { provider?: SigningProvider; pdfs?: PdfWriter };

/** Puts signing-svc together, on a migrated database. */
export async function createSigningService(config: SigningConfig, given: SigningDeps): Promise<Service> {
  const { bus, log, metrics, onEdge = noEdge } = given;
  const { providerTimeoutMs, waitMs, pollMs } = { ...defaultLimits, ...config };
  const clock = () => new Date();
  const data = { clock, seals: createFieldSeals(config.fieldKeys) };
  const database = openSigningDatabase({
    url: config.databaseUrl,
    workerUrl: config.databaseWorkerUrl,
    maxConnections: config.databaseConnections,
    onEdge,
  });
  const storage = await openStorage(config.storage, log);
  const pdfs = given.pdfs ?? createPdfWriter({ log });
  const mock = given.provider === undefined ? openMockProvider({ ...config, log, pollMs, stamp: pdfs.stamp }) : null;
  const provider = given.provider ?? mock?.provider;
  if (provider === undefined) throw new Error('there is no signing provider');
  const dueWork = createDueWork(database.worker);
  const deps = {
    ...createStore(database.plain, data),
    ask: createAsk(bus),
    lookups: createLookups(database.pool),
    render: pdfs.render,
    keep: await createKeepFile(storage, config.spoolDir),
    buyer: config.buyerName,
    newId: () => uuidv7(),
    mock: mock?.provider ?? null,
    bootstrapTenantId: config.bootstrapTenantId,
    webhookKeys: { docusign: config.docusignWebhookSecrets, dropboxsign: config.dropboxsignWebhookSecrets },
    ...{ database, storage, provider, dueWork, clock, log, onEdge, providerTimeoutMs, waitMs, pollMs },
  };
  const followUp = createFollowUp(deps);
  const erasing = {
    ...deps,
    files: {
      envelopesOf: (erased: Erased) =>
        database.plain.withTenant(erased.tenantId, (tx) => envelopesOfErased(tx, erased)),
    },
    forget: mock?.provider.forget ?? null,
  };

  const recordAccess = createAccessLog(database.plain, 'signing-svc');
  const health = watchService({ database, bus, metrics, wanted: { storage: createStorageProbe(storage) } });
  const app = createHttpApp({
    service: 'signing-svc',
    // Where answers are kept.
    handlers: signRoutes({ ...deps, recordAccess, database: database.plain, wake: followUp.wake }),
    verifyIdentity: createIdentityVerifier(config.identityPublicKeys, 'signing-svc'),
    health,
    metrics,
    log,
    problemBase: `${config.publicUrl}/problems`,
  });
  return {
    name: 'signing-svc',
    app,
    health,
    workers: [
      ...createConsumers<PlainTx>({
        service: 'signing-svc',
        metrics,
        database: database.plain,
        bus,
        log,
        following: followed(data),
        onGivenUp: (tx, event) => createTenantData(tx, event.tenantId, data).announce(event, eventGivenUp(event)),
        unknownTenantId: config.bootstrapTenantId,
      }),
      followUp,
      ...(mock === null ? [] : [mock.callbacks]),
      ...createErasureWorkers({
        ...{ service: 'signing-svc', database, bus, log, metrics, alerted: signAlerted },
        unknownTenantId: config.bootstrapTenantId,
        removeFiles: (erased) => eraseAgreements(erasing, erased),
        blankRows: (tx, erased) => blankEnvelopes(tx, data.seals, erased),
      }),
      createFileSweep({ ...deps, files: dueWork }),
      createHousekeeping({ database, log }),
      createOutboxRelay({ publisher: 'signing-svc', database, bus, log, metrics }),
    ],
    async close() {
      storage.close();
      await database.close();
      await mock?.close();
      if (given.pdfs === undefined) await pdfs.close();
    },
  };
}
