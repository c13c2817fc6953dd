import type { AddressInfo } from 'node:net';
import { listen } from '@uw-wizard/shared/platform/listen';
import { openBus } from '@uw-wizard/shared/platform/open-bus';
import type { Life, Started } from '@uw-wizard/shared/platform/run-process';
import { pause } from '@uw-wizard/shared/platform/worker';
import type { LoadedGateway } from './config.ts';
import { withClients } from './http/patience.ts';
import { openRedis } from './redis/open-redis.ts';
import { createGateway } from './service.ts';

/** How long a gateway that is told to stop still takes new calls, while those who send them learn of it. */
const partingMs = 1_000;
/** How long calls in hand may take after that. */
const graceMs = 5_000;

/**
 * Starts the gateway of a process of its own. Bus and Redis may be away: it serves what it can without. Its end: it says
 * draining, and with each answer that the connection ends; then it takes no more calls, finishes those in hand, also the
 * ones whose client has gone, and closes what it has open.
 */
export async function startGateway(settings: LoadedGateway, { log, metrics, ending }: Life): Promise<Started> {
  const bus = await openBus({ url: settings.natsUrl, name: 'gateway', log, tls: settings.natsTls });
  ending.add('bus', 1_000, () => bus.close());
  const ca = settings.redisTlsCa;
  const redis = openRedis({ target: settings.redis, log, ...(ca === undefined ? {} : { ca }) });
  ending.add('redis', 100, async () => redis.close());
  const gateway = await createGateway(settings.config, { bus, log, redis, metrics });
  const http = await listen(gateway.app, settings, graceMs, { ...withClients, refuse: gateway.refuse });
  ending.add('gateway', partingMs + graceMs + 1_500, async () => {
    gateway.drain();
    await pause(partingMs, new AbortController().signal);
    await http.stop();
    await gateway.close();
  });
  // A TCP server that listens has an address with a port.
  const { port } = http.server.address() as AddressInfo;
  return { report: () => gateway.health.report(), port };
}
