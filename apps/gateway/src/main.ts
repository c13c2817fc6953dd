import { createMemoryBus } from '@uw-wizard/shared/platform/bus-memory';
import { listen } from '@uw-wizard/shared/platform/http-app';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { loadConfig } from './config.ts';
import { createGateway } from './service.ts';

const { config, logLevel, host, port } = loadConfig(process.env);
const log = createLogger({ service: 'gateway', level: logLevel });
const bus = createMemoryBus();
const gateway = await createGateway(config, { bus, log });
const http = await listen(gateway.app, { host, port });
log.info({ host, port }, 'gateway is ready');

async function stop(): Promise<void> {
  gateway.drain();
  await http.stop();
  await gateway.close();
  await bus.close();
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
