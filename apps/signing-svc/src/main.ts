import { createMemoryBus } from '@uw-wizard/shared/platform/bus-memory';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { migrate } from '@uw-wizard/shared/platform/migrate';
import { startService } from '@uw-wizard/shared/platform/service';
import { loadConfig } from './config.ts';
import { createSigningService, migrationsFolder } from './service.ts';

const { config, migrationUrl, logLevel, host, port } = loadConfig(process.env);
const log = createLogger({ service: 'signing-svc', level: logLevel });
await migrate({ url: migrationUrl, folder: migrationsFolder });
const bus = createMemoryBus();
const running = await startService(await createSigningService(config, { bus, log }), { host, port });
log.info({ host, port }, 'signing-svc is ready');

async function stop(): Promise<void> {
  await running.stop();
  await bus.close();
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
running.failed.catch((error: unknown) => {
  log.fatal({ err: error }, 'signing-svc cannot go on');
  process.exitCode = 1;
  return stop();
});
