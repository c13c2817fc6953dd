import type { AddressInfo } from 'node:net';
import express from 'express';
import { type HealthReport, isReady } from './health.ts';
import { listen } from './listen.ts';
import type { MetricsRegistry } from './metrics.ts';
import type { Stoppable } from './worker.ts';

/**
 * The port for those who run the house, never for clients: `/healthz` (the process turns its wheels), `/readyz` with the
 * reasons, `/metrics` as Prometheus reads it. It is up from the start of the process to its end.
 */
export async function startInternalServer(options: {
  host: string;
  port: number;
  metrics: Pick<MetricsRegistry, 'text' | 'contentType'>;
  report: () => Promise<HealthReport>;
}): Promise<Stoppable & { port: number }> {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/healthz', (_req, res) => void res.json({ status: 'ok' }));
  app.get('/readyz', async (_req, res) => {
    const report = await options.report();
    res.status(isReady(report.status) ? 200 : 503).json(report);
  });
  app.get('/metrics', async (_req, res) => {
    res.setHeader('Content-Type', options.metrics.contentType);
    res.end(await options.metrics.text());
  });
  const { server, stop } = await listen(app, options, 500);
  // A TCP server that listens has an address with a port.
  return { stop, port: (server.address() as AddressInfo).port };
}
