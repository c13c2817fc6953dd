import type { z } from 'zod';
import type { Publisher } from '../contracts/event.ts';
import type { Env } from './config.ts';
import { migrateWhenReachable } from './migrate-when-reachable.ts';
import { openBus } from './open-bus.ts';
import { type Operations, openErasureOperations } from './operations.ts';
import { isOperatorsCall } from './operator.ts';
import { runOperatorProcess } from './run-operator.ts';
import { runProcess, type World } from './run-process.ts';
import { type Service, type ServiceDeps, startService } from './service.ts';
import type { LoadedService } from './service-config.ts';

/**
 * The life of a service's process: migrations, as soon as there is a database; the bus, which may be away; the service.
 * All else is `runProcess`. With `dlq …`, `outbox …` or `fields …` on the command line it is an operator's call on the same database.
 */
export function runService<Config extends { databaseUrl: string; databaseWorkerUrl: string }>(
  world: World,
  service: {
    name: Publisher;
    variables: z.ZodType;
    loadConfig: (env: Env) => LoadedService<Config>;
    migrationsFolder: URL;
    create: (config: Config, deps: ServiceDeps) => Promise<Service>;
    /** Of a service that follows more than erasures, or seals values. */
    openOperations?: (config: Config & { migrationUrl: string }) => Operations;
  },
): Promise<void> {
  const { name } = service;
  if (isOperatorsCall(world.argv.slice(2))) {
    return runOperatorProcess(world, async (asked) => {
      if (asked !== undefined && asked !== name) throw new Error(`This is ${name}; run it where ${asked} runs.`);
      const { config, migrationUrl } = service.loadConfig(world.env);
      return [service.openOperations?.({ ...config, migrationUrl }) ?? openErasureOperations(name, config)];
    });
  }
  return runProcess(world, {
    name,
    variables: service.variables,
    load: service.loadConfig,
    async start(settings, { log, metrics, ending, signal }) {
      const { databaseUrl: runtimeUrl, databaseWorkerUrl: workerUrl } = settings.config;
      const urls = { url: settings.migrationUrl, runtimeUrl, workerUrl };
      await migrateWhenReachable({ ...urls, folder: service.migrationsFolder, log, signal });
      signal.throwIfAborted();
      const { natsUrl: url, natsTls: tls, natsStreams: streams } = settings;
      const bus = await openBus({ url, name, log, tls, streams });
      ending.add('bus', 2_200, () => bus.close());
      const made = await service.create(settings.config, { bus, log, metrics, signal });
      const running = await startService(made, settings);
      ending.add('service', 6_500, () => running.stop());
      return { report: () => made.health.report(), port: running.port, failed: running.failed };
    },
  });
}
