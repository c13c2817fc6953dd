import { migrationsFolder as authMigrations, createAuthService } from '@uw-wizard/auth-svc/service';
import { createDealsService, migrationsFolder as dealsMigrations } from '@uw-wizard/deals-svc/service';
import { createDocumentsService, migrationsFolder as documentsMigrations } from '@uw-wizard/documents-svc/service';
import { withClients } from '@uw-wizard/gateway/patience';
import { createGateway } from '@uw-wizard/gateway/service';
import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import { roleOf } from '@uw-wizard/shared/platform/access';
import { createMemoryBus } from '@uw-wizard/shared/platform/bus-memory';
import type { OnEdge } from '@uw-wizard/shared/platform/edges';
import { createEnding, type Ending } from '@uw-wizard/shared/platform/ending';
import { listen } from '@uw-wizard/shared/platform/http-app';
import { createLogger, type Logger } from '@uw-wizard/shared/platform/logger';
import { migrate } from '@uw-wizard/shared/platform/migrate';
import { type Service, startService } from '@uw-wizard/shared/platform/service';
import { createSigningService, migrationsFolder as signingMigrations } from '@uw-wizard/signing-svc/service';
import { createSmsService, migrationsFolder as smsMigrations } from '@uw-wizard/sms-svc/service';
import type { StandaloneConfig } from './config.ts';
import { type Credentials, credentialsPath, openCredentials } from './credentials.ts';
import { type Databases, makeDataDir, openDatabases } from './databases.ts';

import { claimPort, inWords } from './gateway-port.ts';
import { lockInstance } from './instance-lock.ts';
import { openSecrets } from './secrets.ts';
import { configsOf } from './service-configs.ts';
import { makeSocketFolder, type SocketFolder } from './socket-folder.ts';
import { startTelemetry } from './telemetry.ts';

/** What those who start the house may hang on to it. */
export type Hooks = {
  /** Told right after each commit, provider call and answer, of every part. */
  onEdge?: OnEdge;
  /** Told of each step of the start as it begins; what it returns is called when the step is done. */
  onStep?: (step: 'database' | 'migrations' | 'services') => (note?: string) => void;
  /** Makes each part's log. */
  createLog?: (service: string) => Logger;
};

/** The house, running. */
export type Standalone = {
  readonly baseUrl: string;
  /** Where health and metrics are shown; null: nowhere. */
  readonly internalUrl: string | null;
  readonly credentials: Credentials;
  readonly credentialsPath: string;
  /** Rejects when a part ends by itself; whoever started the house then stops it. */
  readonly failed: Promise<never>;
  /** Refuses new calls, finishes those in hand, flushes, and ends the database. Takes 10 seconds at most. */
  stop(): Promise<void>;
  /** Ends the embedded database without waiting, for a process that is about to end. */
  kill(): void;
};

/**
 * Starts gateway and services in this process on embedded parts: databases, migrations, services, gateway. What was
 * started is stopped again when a later step fails; a process that is killed leaves nothing that the next start would
 * trip over.
 */
export async function startStandalone(config: StandaloneConfig, hooks: Hooks = {}): Promise<Standalone> {
  const createLog = hooks.createLog ?? ((service) => createLogger({ service, level: config.logLevel ?? 'info' }));
  const log = createLog('standalone');
  const ending = createEnding((what, error) => log.warn({ err: error, what }, 'not stopped in order'));
  try {
    return await start(config, { ...hooks, createLog, log }, ending);
  } catch (error) {
    await ending.run();
    throw error;
  }
}

/** Calls are answered by then: those in hand came through the gateway, which has stopped before. */
const patience = { callsMs: 700, workersMs: 2_000 };

type Making = Hooks & { createLog: (service: string) => Logger; log: Logger };

async function start(config: StandaloneConfig, hooks: Making, ending: Ending): Promise<Standalone> {
  const onStep = hooks.onStep ?? (() => () => undefined);
  await makeDataDir(config.dataDir);
  const claimed = config.port === 0 ? await claimPort(config.host, 0) : config.port;
  const localUrl = `http://${reachable(config.host)}:${claimed}`;
  const lock = await lockInstance(config.dataDir, { url: localUrl });
  ending.add('lock', 1_000, async () => lock.release());
  const port = await claimPort(config.host, claimed);
  const telemetry = await startTelemetry(config, { log: hooks.log, ending });

  const databaseDone = onStep('database');
  const secrets = await openSecrets(config);
  const databases = await openDatabases(config, secrets);
  // With what is left of ten seconds for a shutdown in order, then hard: it never stays behind.
  ending.add('database', 15_000, (elapsedMs) => databases.stop(Math.max(2_000, 9_000 - elapsedMs)));
  databaseDone();

  const migrationsDone = onStep('migrations');
  const applied = await migrateAll(databases, hooks.log);
  migrationsDone(applied === 0 ? 'nothing new' : `${applied} applied`);

  const servicesDone = onStep('services');
  const credentials = await openCredentials(config, config.publicUrl ?? localUrl);
  const sockets = await makeSocketFolder(config.dataDir);
  ending.add('sockets', 500, sockets.remove);
  const configs = configsOf({ config, localUrl, credentials, databases, secrets, sockets });
  // Nothing is delivered before everybody has subscribed: what is published to nobody counts as delivered to all.
  const bus = createMemoryBus({ paused: true });
  ending.add('bus', 500, () => bus.close());
  const depsOf = (name: ServiceName | 'gateway') => ({
    bus,
    log: hooks.createLog(name),
    metrics: telemetry.metricsOf(name),
    ...(hooks.onEdge === undefined ? {} : { onEdge: hooks.onEdge }),
  });
  const services = await startAll(
    [
      createAuthService(configs.auth, depsOf('auth-svc')),
      createDealsService(configs.deals, depsOf('deals-svc')),
      createDocumentsService(configs.documents, depsOf('documents-svc')),
      createSigningService(configs.signing, depsOf('signing-svc')),
      createSmsService(configs.sms, depsOf('sms-svc')),
    ],
    sockets,
    ending,
  );
  bus.resume();
  const gateway = await createGateway(configs.gateway, depsOf('gateway'));
  telemetry.show(
    new Map([['gateway', gateway.health], ...services.map(({ name, health }) => [name, health] as const)]),
  );
  const http = await listen(gateway.app, { port, host: config.host }, 2_500, {
    ...withClients,
    refuse: gateway.refuse,
  }).catch((error: Error) => {
    throw inWords(error, config.host, port);
  });
  ending.add('gateway', 3_500, async () => {
    gateway.drain();
    await http.stop();
    await gateway.close();
  });
  servicesDone();

  let stopping = false;
  const databaseEnded = databases.ended.then(() => {
    if (!stopping) throw new Error(`The database ended by itself. Its log is in ${config.dataDir}/logs/postgres.log.`);
    return new Promise<never>(() => undefined);
  });
  const failed = Promise.race([databaseEnded, ...services.map((service) => service.failed)]);
  failed.catch(() => undefined);
  return {
    baseUrl: credentials.base_url,
    internalUrl: telemetry.url,
    credentials,
    credentialsPath: credentialsPath(config.dataDir),
    failed,
    stop: () => {
      stopping = true;
      return ending.run();
    },
    kill: databases.kill,
  };
}

async function migrateAll(databases: Databases, log: Logger): Promise<number> {
  const folders = {
    auth: authMigrations,
    deals: dealsMigrations,
    documents: documentsMigrations,
    signing: signingMigrations,
    sms: smsMigrations,
  };
  const runs = (['auth', 'deals', 'documents', 'signing', 'sms'] as const).map((name) =>
    migrate({
      url: databases.urls[name].owner,
      roles: { runtime: roleOf(databases.urls[name].runtime) ?? '', worker: roleOf(databases.urls[name].worker) ?? '' },
      folder: folders[name],
      log: (line) => log.debug({ database: name }, line),
    }),
  );
  return (await Promise.all(runs)).reduce((count, { applied }) => count + applied.length, 0);
}

/** Starts all or, when one cannot be made, none; they are stopped together, because each one's relay needs the others. */
async function startAll(making: readonly Promise<Service>[], sockets: SocketFolder, ending: Ending) {
  const made = await Promise.allSettled(making);
  const services = made.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const refused = made.find((result) => result.status === 'rejected');
  if (refused !== undefined) {
    await Promise.allSettled(services.map((service) => service.close()));
    throw refused.reason;
  }
  const running = await Promise.all(
    services.map(async (service) => {
      const started = await startService(
        service,
        { socketPath: sockets.pathOf(service.name as ServiceName) },
        patience,
      );
      return { ...started, name: service.name, health: service.health };
    }),
  );
  ending.add('services', patience.callsMs + patience.workersMs + 300, async () => {
    await Promise.all(running.map((service) => service.stop()));
  });
  return running;
}

/** An address that means "every interface" is reached on the loopback one. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
