import type { Logger } from '@uw-wizard/shared/platform/logger';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisTarget } from './parse-redis-url.ts';

export type RedisClient = Redis | Cluster;

/** The gateway's connection to Redis. It is there from the start, whether or not Redis is. */
export type RedisConnection = {
  readonly client: RedisClient;
  /** Whether a command has a chance now. */
  connected(): boolean;
  close(): void;
};

/** How long one command may take, in milliseconds: a call must not wait longer for a Redis that hangs. */
const commandTimeoutMs = 500;

/**
 * Connects to Redis and goes on connecting for ever. While Redis is away every command fails at once, and one that hangs
 * fails after half a second and closes the connection, so that those after it fail at once too: nothing is queued or sent
 * a second time. `ca` is the PEM of the authority that signed the server's certificate, when it is not a public one.
 */
export function openRedis(options: { target: RedisTarget; ca?: string; log: Logger }): RedisConnection {
  const { target, log } = options;
  const client = clientFor(target, options.ca);
  let away = false;
  client.on('error', (err: unknown) => {
    if (!away) log.warn({ err }, 'redis is away; calls that change something are refused until it is back');
    away = true;
  });
  client.on('ready', () => {
    if (away) log.info('redis is back');
    away = false;
  });
  return {
    client,
    connected: () => client.status === 'ready',
    close: () => client.disconnect(),
  };
}

function clientFor(target: RedisTarget, ca: string | undefined): RedisClient {
  const { username, password } = target;
  const tls = target.tls ? { tls: ca === undefined ? {} : { ca } } : {};
  const retryDelayMs = (times: number) => Math.min(50 * 2 ** Math.min(times, 5), 1_000);
  const options = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...tls,
    connectTimeout: 2_000,
    commandTimeout: commandTimeoutMs,
    socketTimeout: commandTimeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
    connectionName: 'uw-gateway',
    // The master of a moment ago after a failover: connect again, to the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions;
  switch (target.kind) {
    case 'server':
      return new Redis({
        ...options,
        ...target.at,
        db: target.db,
        enableOfflineQueue: false,
        retryStrategy: retryDelayMs,
      });
    case 'sentinel':
      return new Redis({
        ...options,
        sentinels: [...target.sentinels],
        name: target.master,
        db: target.db,
        enableOfflineQueue: false,
        retryStrategy: retryDelayMs,
        sentinelRetryStrategy: retryDelayMs,
        sentinelCommandTimeout: commandTimeoutMs,
        ...(target.tls ? { enableTLSForSentinelMode: true, sentinelTLS: tls.tls ?? {} } : {}),
        ...(password === undefined ? {} : { sentinelPassword: password }),
      });
    case 'cluster':
      return new Cluster([...target.nodes], {
        redisOptions: options,
        enableOfflineQueue: false,
        clusterRetryStrategy: retryDelayMs,
        clusterNodeRetryStrategy: retryDelayMs,
        slotsRefreshTimeout: 1_000,
        retryDelayOnFailover: 50,
        maxRedirections: 3,
      });
  }
}
