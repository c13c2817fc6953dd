import { Agent as HttpAgent } from 'node:http';
import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import { Pool } from 'undici';

/** The ways to one service: a pool for answers held whole, a target and its own connections for streams. */
export type Link = {
  readonly pool: Pool;
  readonly target: { protocol: 'http:'; host: string; port?: string; socketPath?: string };
  readonly streamAgent: HttpAgent;
};

export type Links = {
  of(service: ServiceName): Link;
  /** Waits for calls in hand, then closes the connections. */
  close(): Promise<void>;
};

/** Services keep an idle connection for 75 s; ours give up earlier, so that none is used while it is being closed. */
const idleMs = 30_000;

/** Opens pools to the services' addresses (`http://host:port` or `unix:/path`); connections are made when first used. */
export function openLinks(services: Readonly<Record<ServiceName, string>>): Links {
  const links = new Map(Object.entries(services).map(([name, url]) => [name, openLink(url)]));
  const close = async () => {
    for (const link of links.values()) link.streamAgent.destroy();
    await Promise.all([...links.values()].map((link) => link.pool.close()));
  };
  let closed: Promise<void> | undefined;
  return {
    of(service) {
      const link = links.get(service);
      if (link === undefined) throw new Error(`the gateway was not told where ${service} is`);
      return link;
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}

function openLink(url: string): Link {
  const socketPath = url.startsWith('unix:') ? url.slice('unix:'.length) : undefined;
  const origin = new URL(socketPath === undefined ? url : 'http://localhost');
  const pool = new Pool(origin, {
    connections: 64,
    pipelining: 1,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    // Each call has one deadline for everything; these would only end it with a less clear error.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 2_000, ...(socketPath === undefined ? {} : { socketPath }) },
  });
  return {
    pool,
    target: {
      protocol: 'http:',
      host: origin.hostname,
      ...(origin.port === '' ? {} : { port: origin.port }),
      ...(socketPath === undefined ? {} : { socketPath }),
    },
    streamAgent: new HttpAgent({ keepAlive: true, timeout: idleMs }),
  };
}
