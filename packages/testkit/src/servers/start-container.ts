import { setTimeout as sleep } from 'node:timers/promises';
import type { StartedTestContainer } from 'testcontainers';
import { findFreePort } from './free-port.ts';
import type { Server } from './server.ts';

type Options = {
  /** For people, in messages. */
  name: string;
  image: string;
  /** Where the server listens inside. */
  port: number;
  command?: readonly string[];
  env?: Record<string, string>;
  /** Files to put into the container before it starts, by their path there. */
  files?: Record<string, string>;
  /** Says whether the server answers; when it is left out, it is up when it listens. */
  isReady?: (at: { host: string; port: number }) => Promise<boolean>;
  /** 60 s, with fetching the image. */
  startTimeoutMs?: number;
};

/**
 * Starts an image on a port of the host that stays its own over a restart. The container ends with this process at the
 * latest: testcontainers' reaper sees to that. Throws when it does not answer in time, or when the image cannot be had.
 */
export async function startContainer(options: Options): Promise<Server> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const timeoutMs = options.startTimeoutMs ?? 60_000;
  const { started, port } = await withinTime(start(options), timeoutMs, `${options.image} did not start`);
  const client = await getContainerRuntimeClient();
  const container = client.container.getById(started.getId());
  const host = started.getHost();
  const becomesReady = async () => {
    const deadline = Date.now() + timeoutMs;
    while (options.isReady !== undefined && !(await options.isReady({ host, port }))) {
      if (Date.now() > deadline) throw new Error(`${options.name} (${options.image}) did not answer in time.`);
      await sleep(20);
    }
  };
  const isRunning = async () => (await container.inspect()).State.Running;
  const shutDown = async () => {
    if (await isRunning()) await container.stop({ t: 5 });
  };
  await becomesReady();
  return {
    host,
    port,
    shutDown,
    async kill() {
      if (await isRunning()) await container.kill();
    },
    async restart() {
      await shutDown();
      await container.start();
      await becomesReady();
    },
    async pause() {
      await container.pause();
    },
    async resume() {
      await container.unpause();
    },
    async stop() {
      await started.stop({ timeout: 0 });
    },
  };
}

async function start(options: Options): Promise<{ started: StartedTestContainer; port: number }> {
  const { GenericContainer } = await import('testcontainers');
  for (let tries = 0; ; tries += 1) {
    const port = await findFreePort();
    const container = new GenericContainer(options.image)
      .withExposedPorts({ container: options.port, host: port })
      .withEnvironment(options.env ?? {})
      .withCopyContentToContainer(
        Object.entries(options.files ?? {}).map(([target, content]) => ({ target, content, mode: 0o644 })),
      );
    if (options.command !== undefined) container.withCommand([...options.command]);
    try {
      return { started: await container.start(), port };
    } catch (error) {
      // Somebody else took the port between finding and using it.
      if (tries === 3 || !/port is already allocated|address already in use/.test(String(error))) throw error;
    }
  }
}

async function withinTime<T>(work: Promise<T>, timeoutMs: number, complaint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${complaint} within ${timeoutMs / 1_000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
