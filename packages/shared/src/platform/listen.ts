import { createServer, type RequestListener, type Server } from 'node:http';
import type { Stoppable } from './worker.ts';

/**
 * Serves `app` on a TCP port or a unix socket. Connections idle longer than the gateway keeps its own, so that a reused
 * connection is never just being closed. `stop` refuses new calls and waits for those in hand, at most `graceMs`.
 */
export async function listen(
  app: RequestListener,
  where: { port: number; host: string } | { socketPath: string },
  graceMs = 10_000,
): Promise<Stoppable & { server: Server }> {
  const server = createServer({ keepAliveTimeout: 75_000, headersTimeout: 80_000, requestTimeout: 120_000 }, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const onListening = () => {
      server.off('error', reject);
      resolve();
    };
    if ('socketPath' in where) server.listen(where.socketPath, onListening);
    else server.listen(where.port, where.host, onListening);
  });
  return {
    server,
    async stop() {
      // Connections that the system has taken for us would be cut off: this turn of the loop still accepts them.
      await new Promise((resolve) => setImmediate(resolve));
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection that is kept alive becomes idle once its call in hand has been answered.
      const idle = setInterval(() => server.closeIdleConnections(), 20);
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(idle);
      clearTimeout(deadline);
    },
  };
}
