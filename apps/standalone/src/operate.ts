import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditParts } from '@uw-wizard/auth-svc/audit';
import { openAuthOperations } from '@uw-wizard/auth-svc/operations';
import type { EraseParts } from '@uw-wizard/deals-svc/erase';
import { openDealsOperations } from '@uw-wizard/deals-svc/operations';
import { openDocumentsOperations } from '@uw-wizard/documents-svc/operations';
import { findRunningPostgres } from '@uw-wizard/local-postgres/orphan';
import { type Publisher, publishers } from '@uw-wizard/shared/contracts/event';
import { type Operations, openErasureOperations } from '@uw-wizard/shared/platform/operations';
import { openSigningOperations } from '@uw-wizard/signing-svc/operations';
import type { StandaloneConfig } from './config.ts';
import { tenantOfHouse } from './credentials.ts';
import { type Databases, type DatabaseUrls, openDatabases, urlsOfEmbedded } from './databases.ts';
import { type InstanceLock, InstanceTaken, lockInstance } from './instance-lock.ts';
import { openSecrets, type Secrets } from './secrets.ts';
import { auditStorage } from './service-configs.ts';

/**
 * Opens what an operator may do with the messages and the sealed values of the house of `config`, or of one service in it. The house may be
 * running; when it is not, its database is started for as long as this takes, and what is to be published leaves at the
 * next start.
 */
export async function openHouseOperations(
  config: StandaloneConfig,
  asked: Publisher | undefined,
): Promise<readonly Operations[]> {
  const { urls, secrets, close } = await reachDatabases(config);
  const services = publishers.filter((name) => asked === undefined || name === asked);
  let open = services.length;
  return services.map((service) => {
    const operations = operationsOf(service, urls, secrets);
    return {
      ...operations,
      async close() {
        await operations.close();
        open -= 1;
        if (open === 0) await close();
      },
    };
  });
}

/** What the audit log of the house of `config` is verified with, whether or not it is running. */
export async function openHouseAudit(config: StandaloneConfig): Promise<AuditParts & { close: () => Promise<void> }> {
  const { urls, secrets, close } = await reachDatabases(config);
  const spoolDir = join(config.dataDir, 'spool', 'auth-svc');
  return {
    databaseWorkerUrl: urls.auth.worker,
    auditKeys: secrets.auditKeys,
    storage: auditStorage(config),
    spoolDir,
    close,
  };
}

/** What merchants of the house of `config` are erased with. */
export async function openHouseDeals(config: StandaloneConfig): Promise<EraseParts & { close: () => Promise<void> }> {
  const { urls, secrets, close } = await reachDatabases(config);
  const bootstrapTenantId = await tenantOfHouse(config);
  const { fieldKeys, fieldIndexKeys } = secrets;
  const { runtime: databaseUrl, worker: databaseWorkerUrl } = urls.deals;
  return { databaseUrl, databaseWorkerUrl, fieldKeys, fieldIndexKeys, bootstrapTenantId, close };
}

function operationsOf(service: Publisher, urls: Databases['urls'], secrets: Secrets): Operations {
  const { auditKeys, fieldKeys, fieldIndexKeys } = secrets;
  const both = ({ runtime, worker, owner }: DatabaseUrls) => ({
    databaseUrl: runtime,
    databaseWorkerUrl: worker,
    migrationUrl: owner,
  });
  if (service === 'auth-svc') return openAuthOperations({ ...both(urls.auth), auditKeys });
  if (service === 'deals-svc') return openDealsOperations({ ...both(urls.deals), fieldKeys, fieldIndexKeys });
  if (service === 'documents-svc') return openDocumentsOperations({ ...both(urls.documents), fieldKeys });
  if (service === 'signing-svc') return openSigningOperations({ ...both(urls.signing), fieldKeys });
  return openErasureOperations(service, both(urls.sms));
}

async function reachDatabases(
  config: StandaloneConfig,
): Promise<{ urls: Databases['urls']; secrets: Secrets; close: () => Promise<void> }> {
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, 'postgres')))
    throw new Error(`There is no house in ${config.dataDir}. Give its DATA_DIR, or its DATABASE_URL.`);
  const secrets = await openSecrets(config);
  const lock = config.databaseUrl === undefined ? await lockIfFree(config) : null;
  if (config.databaseUrl === undefined && lock === null) {
    const running = await findRunningPostgres(join(config.dataDir, 'postgres'));
    if (running === null) throw new Error(`The house on ${config.dataDir} is starting or stopping. Try again.`);
    return { urls: urlsOfEmbedded({ port: running.port }, secrets), secrets, close: async () => undefined };
  }
  const databases = await openDatabases(config, secrets);
  return {
    urls: databases.urls,
    secrets,
    async close() {
      await databases.stop(5_000);
      lock?.release();
    },
  };
}

/** Null: the house is running. */
async function lockIfFree(config: StandaloneConfig): Promise<InstanceLock | null> {
  return lockInstance(config.dataDir, { url: 'an operator' }).catch((error: unknown) => {
    if (error instanceof InstanceTaken) return null;
    throw error;
  });
}
