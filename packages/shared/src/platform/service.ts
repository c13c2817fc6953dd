import type { Express } from 'express';
import type { Bus } from './bus.ts';
import type { OnEdge } from './edges.ts';
import { listen } from './http-app.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { runWorkers, type Stoppable, type Worker } from './worker.ts';

/** What every service is given besides its own configuration. */
export type ServiceDeps = { bus: Bus; log: Logger; onEdge?: OnEdge | undefined; metrics?: Metrics | undefined };

/** A service, put together and not yet started: its HTTP face, what runs beside it, and how to let go of its database. */
export type Service = {
  readonly name: string;
  readonly app: Express;
  /** Consumers and responders first, the outbox relay last: started in this order, stopped together. */
  readonly workers: readonly Worker[];
  /** Called when the service begins to stop: `/readyz` says draining from then on. */
  drain(): void;
  close(): Promise<void>;
};

/**
 * Starts a service. `stop`: say draining, refuse new calls and finish those in hand, let workers finish (the relay
 * flushes), close the database.
 */
export async function startService(
  service: Service,
  where: { port: number; host: string } | { socketPath: string },
): Promise<Stoppable & { failed: Promise<never> }> {
  const workers = runWorkers(service.workers);
  const http = await listen(service.app, where).catch(async (error: unknown) => {
    await workers.stop();
    await service.close();
    throw error;
  });
  return {
    failed: workers.failed,
    async stop() {
      service.drain();
      await http.stop();
      await workers.stop();
      await service.close();
    },
  };
}
