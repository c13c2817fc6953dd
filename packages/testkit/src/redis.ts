import { Redis } from 'ioredis';
import { images } from './images.ts';
import { findServer } from './servers/find-server.ts';
import type { Server } from './servers/server.ts';
import { answers } from './servers/speak.ts';
import { startContainer } from './servers/start-container.ts';
import { type Program, startProcess } from './servers/start-process.ts';

/** A Redis of a test's own, that may be killed, frozen and started again. */
export type RedisServer = Server & { readonly url: string };

/** A numbered database of a Redis, empty, where no other test looks. */
export type TestRedis = {
  readonly url: string;
  drop(): Promise<void>;
};

const wanted = { title: 'Redis', variable: 'TEST_REDIS_URL', install: 'redis-server' } as const;

/**
 * Starts a Redis (a process takes some 20 ms), which ends with this process at the latest. What it has answered is kept
 * until `stop`, also over a `kill`.
 */
export async function startRedis(): Promise<RedisServer> {
  const server = await findServer({
    ...wanted,
    container: inContainer,
    program: { names: ['redis-server', 'valkey-server'], start: asProcess },
  });
  return { ...server, url: `redis://${server.host}:${server.port}` };
}

const databasesPerServer = 200;

const settings = [
  ...['--databases', String(databasesPerServer)],
  // Every write is in the file before its answer; a sync to the disk would only matter when the machine itself dies.
  ...['--appendonly', 'yes', '--appendfsync', 'no', '--save', ''],
];

function asProcess(program: Program): Promise<Server> {
  return startProcess({
    name: 'redis',
    program,
    args: (folder, port) => ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, ...settings],
    isReady: (at) => answers(at, 'CONFIG GET dir\r\n', at.folder),
  });
}

function inContainer(): Promise<Server> {
  return startContainer({
    name: wanted.title,
    image: images.redis,
    port: 6379,
    // Inside, every address is its own; outside, only a port of this machine leads there.
    command: ['redis-server', '--protected-mode', 'no', ...settings],
    isReady: (at) => answers(at, 'PING\r\n', '+PONG'),
  });
}

let shared: { server: Promise<RedisServer>; taken: number } | undefined;

/**
 * Gives a test a database of its own on a Redis that the test file shares; on the server of TEST_REDIS_URL one of its
 * databases 1 to 15 that no other test holds.
 */
export async function createTestRedis(): Promise<TestRedis> {
  const given = process.env[wanted.variable];
  if (given !== undefined && given !== '') return claimDatabase(given);
  if (shared === undefined || shared.taken === databasesPerServer) shared = { server: startRedis(), taken: 0 };
  const url = `${(await shared.server).url}/${shared.taken++}`;
  return { url, drop: () => onServer(url, async (redis) => void (await redis.flushdb())) };
}

/** The claims stand in database 0 and run out, so that a run that was killed does not hold a database for ever. */
async function claimDatabase(given: string): Promise<TestRedis> {
  const urlOf = (database: number) => {
    const url = new URL(given);
    url.pathname = `/${database}`;
    return url.href;
  };
  const key = (database: number) => `uw-wizard-test:${database}`;
  const database = await onServer(urlOf(0), async (redis) => {
    for (let number = 1; number <= 15; number += 1) {
      if ((await redis.set(key(number), String(process.pid), 'EX', 900, 'NX')) === 'OK') return number;
    }
    throw new Error(
      `All databases of ${wanted.variable} are held by tests; wait 15 minutes or delete uw-wizard-test:*.`,
    );
  });
  const url = urlOf(database);
  await onServer(url, (redis) => redis.flushdb());
  return {
    url,
    async drop() {
      await onServer(url, (redis) => redis.flushdb());
      await onServer(urlOf(0), (redis) => redis.del(key(database)));
    },
  };
}

async function onServer<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true });
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}
