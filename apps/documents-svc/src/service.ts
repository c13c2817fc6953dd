import { currentStatements as currentStatementsAsk } from '@uw-wizard/shared/contracts/asks';
import { documentAlerted } from '@uw-wizard/shared/contracts/documents';
import { createAccessLog } from '@uw-wizard/shared/platform/access-log';
import { answerAsk, createAsk } from '@uw-wizard/shared/platform/ask';
import { openDatabase } from '@uw-wizard/shared/platform/database';
import { createErasureWorkers } from '@uw-wizard/shared/platform/erasure';
import { createFieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { watchService } from '@uw-wizard/shared/platform/health';
import { createHousekeeping } from '@uw-wizard/shared/platform/housekeeping';
import { createHttpApp } from '@uw-wizard/shared/platform/http-app';
import { createIdentityVerifier } from '@uw-wizard/shared/platform/identity';
import { openStorage } from '@uw-wizard/shared/platform/open-storage';
import { createOutboxRelay } from '@uw-wizard/shared/platform/outbox-relay';
import { createResponder } from '@uw-wizard/shared/platform/responder';
import type { Service, ServiceDeps } from '@uw-wizard/shared/platform/service';
import { createStorageProbe } from '@uw-wizard/shared/platform/storage-probe';
import { type DocumentsConfig, defaultLimits } from './config.ts';
import { createDocumentsStore } from './data/documents.store.ts';
import { createDocumentsErasure } from './data/erasure.ts';
import { PrismaClient } from './data/generated/client.ts';
import { createClamdScanner, noScanner } from './data/malware-scanner.ts';
import { createObjectsStore } from './data/objects.store.ts';
import { createReadingsStore } from './data/readings.store.ts';
import { openSpool } from './data/spool.ts';
import { createUploadsStore, type DocumentsTx } from './data/uploads.store.ts';
import { documentsRoutes } from './http/documents.routes.ts';
import { createStatementReader } from './reading/create-statement-reader.ts';
import { currentStatements } from './usecases/current-statements.ts';
import { createPendingReader } from './workers/pending-reader.ts';
import { createSweeper } from './workers/sweeper.ts';

export const migrationsFolder = new URL('../prisma/migrations/', import.meta.url);

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Puts documents-svc together, on a migrated database, with an emptied spool. */
export async function createDocumentsService(
  config: DocumentsConfig,
  { bus, log, onEdge, metrics }: ServiceDeps,
): Promise<Service> {
  const limits = { ...defaultLimits, ...config };
  const edges = onEdge === undefined ? {} : { onEdge };
  const seals = createFieldSeals(config.fieldKeys);
  const database = openDatabase<DocumentsTx>({
    url: config.databaseUrl,
    workerUrl: config.databaseWorkerUrl,
    maxConnections: config.databaseConnections,
    client: (adapter) => new PrismaClient({ adapter }),
    name: 'documents-svc',
    answerSeals: { seals },
    ...edges,
  });
  const clock = () => new Date();
  const { maxPages, readDeadlineMs, maxUploadsAtOnce, turnTimeoutMs, clamdTimeoutMs } = limits;
  const reader = createStatementReader({ log, maxPages, deadlineMs: readDeadlineMs });
  const scanner =
    config.clamdUrl === undefined
      ? noScanner
      : createClamdScanner({ url: config.clamdUrl, timeoutMs: clamdTimeoutMs, clock, ...edges });
  const common = {
    database,
    log,
    clock,
    reader,
    scanner,
    limits,
    ask: createAsk(bus),
    storage: await openStorage(config.storage, log),
    spool: await openSpool({ folder: config.spoolDir, places: maxUploadsAtOnce, waitMs: turnTimeoutMs }),
    objects: createObjectsStore(database),
    uploads: createUploadsStore(database, seals),
    documents: createDocumentsStore(database, seals),
    readings: createReadingsStore(database, seals),
  };
  // A set has three files; whoever reads it for longer than that has died.
  const leaseMs = 3 * readDeadlineMs + MINUTE_MS;
  const pendingReader = createPendingReader({ ...common, leaseMs, retryMs: MINUTE_MS }, { pollMs: 5_000 });
  const sweeper = createSweeper({ ...common, minAgeMs: DAY_MS }, { everyMs: 60 * MINUTE_MS });

  const recordAccess = createAccessLog(database.plain, 'documents-svc');
  const health = watchService({ database, bus, metrics, wanted: { storage: createStorageProbe(common.storage) } });
  const app = createHttpApp({
    service: 'documents-svc',
    // Where answers are kept.
    handlers: documentsRoutes({ ...common, recordAccess, database: database.plain, onPending: pendingReader.wake }),
    verifyIdentity: createIdentityVerifier(config.identityPublicKeys, 'documents-svc'),
    health,
    metrics,
    log,
    problemBase: `${config.publicUrl}/problems`,
  });
  return {
    name: 'documents-svc',
    app,
    health,
    workers: [
      createResponder({
        name: 'documents-svc answers',
        start: async () => [
          await answerAsk(bus, log, currentStatementsAsk, (question) => currentStatements(common, question)),
        ],
      }),
      pendingReader,
      sweeper,
      ...createErasureWorkers({
        ...{ service: 'documents-svc', database, bus, log, metrics, alerted: documentAlerted },
        ...createDocumentsErasure(common),
      }),
      createHousekeeping({ database, log }),
      createOutboxRelay({ publisher: 'documents-svc', database, bus, log, metrics }),
    ],
    async close() {
      await reader.close();
      common.storage.close();
      await database.close();
    },
  };
}
