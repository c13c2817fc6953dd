import { createServer, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Stoppable } from './worker.ts';

/** How long a client may take: for the head of a request, and for all of it. */
export type Patience = { readonly headersMs: number; readonly requestMs: number };

/** Answers what Node's parser took for no request, or waited too long for, and ends the connection. */
export type Refuse = (error: NodeJS.ErrnoException, socket: Duplex) => void;

/**
 * Connections that the system keeps for us until we take them; it may allow fewer (Linux: `net.core.somaxconn`, 4,096). Node's 511
 * are too few for a crowd: whoever finds no place, with whatever call, comes again a whole second later.
 */
const backlog = 4_096;

/** With the gateway, which is no stranger and keeps its connections. */
const withOurOwn: Patience = { headersMs: 80_000, requestMs: 120_000 };

/**
 * Serves `app` on a TCP port or a unix socket. Connections idle longer than the gateway keeps its own, so that a reused
 * connection is never just being closed. A client that takes longer than `patience`, or sends what is no request, is answered
 * by `refuse`, or else by Node in a bare line, and loses its connection. An `Expect` that nobody knows is passed over.
 * `stop` refuses new calls and waits for those in hand, at most `graceMs`.
 */
export async function listen(
  app: RequestListener,
  where: { port: number; host: string } | { socketPath: string },
  graceMs = 10_000,
  { refuse, ...patience }: Patience & { refuse?: Refuse } = withOurOwn,
): Promise<Stoppable & { server: Server }> {
  const server = createServer(
    {
      keepAliveTimeout: 75_000,
      headersTimeout: patience.headersMs,
      requestTimeout: patience.requestMs,
      // Without `refuse` Node looks whether there is a Host.
      requireHostHeader: refuse === undefined,
      // Who is late is found out at the next look.
      connectionsCheckingInterval: Math.min(5_000, patience.headersMs / 2),
    },
    app,
  );
  server.on('checkExpectation', app);
  if (refuse !== undefined) server.on('clientError', refuse);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const onListening = () => {
      server.off('error', reject);
      resolve();
    };
    if ('socketPath' in where) server.listen({ path: where.socketPath, backlog }, onListening);
    else server.listen({ ...where, backlog }, onListening);
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
