import type { Express } from 'express';
import type { Bus } from './bus.ts';
import type { OnEdge } from './edges.ts';
import type { Health } from './health.ts';
import { listen } from './listen.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { runWorkers, type Stoppable, type Worker } from './worker.ts';

/** What every service is given besides its own configuration. */
export type ServiceDeps = {
  bus: Bus;
  log: Logger;
  onEdge?: OnEdge | undefined;
  metrics?: Metrics | undefined;
  /** Aborted when the service is to stop before it has started. */
  signal?: AbortSignal;
};

/** A service, put together and not yet started: its HTTP face, what runs beside it, and how to let go of its database. */
export type Service = {
  readonly name: string;
  readonly app: Express;
  /** How it is; told to drain when the service begins to stop. */
  readonly health: Health;
  /** Consumers and responders first, the outbox relay last: started in this order, stopped together. */
  readonly workers: readonly Worker[];
  close(): Promise<void>;
};

/** How long a stop waits: for calls in hand, then for workers. */
export type Patience = { callsMs: number; workersMs: number };

/**
 * Starts a service. `stop`: say draining, refuse new calls and finish those in hand, let workers finish (the relay
 * flushes), close the database. `port` is the one it got, 0 on a unix socket.
 */
export async function startService(
  service: Service,
  where: { port: number; host: string } | { socketPath: string },
  { callsMs, workersMs }: Patience = { callsMs: 4_000, workersMs: 2_000 },
): Promise<Stoppable & { failed: Promise<never>; port: number }> {
  const workers = runWorkers(service.workers);
  const http = await listen(service.app, where, callsMs).catch(async (error: unknown) => {
    await workers.stop();
    await service.close();
    throw error;
  });
  const address = http.server.address();
  return {
    failed: workers.failed,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async stop() {
      service.health.drain();
      await http.stop();
      const unfinished = await workers.stopWithin(workersMs);
      await service.close();
      if (unfinished.length > 0) throw new Error(`not finished after ${workersMs} ms: ${unfinished.join(', ')}`);
    },
  };
}
