import { setTimeout as sleep } from 'node:timers/promises';
import type { StartedTestContainer } from 'testcontainers';
import { findFreePort } from './free-port.ts';
import { whenWeEnd } from './guard.ts';
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
  /** Says whether the server answers. */
  isReady: (at: { host: string; port: number }) => Promise<boolean>;
  /** 60 s, with fetching the image. */
  startTimeoutMs?: number;
};

/**
 * Starts an image on a port of the host that stays its own over a restart. The container ends with this process at the
 * latest; testcontainers' own reaper would wait until the last process of a run has ended. Throws when the image cannot be
 * had, and with the end of the container's log when it does not answer in time.
 */
export async function startContainer(options: Options): Promise<Server> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const timeoutMs = options.startTimeoutMs ?? 60_000;
  const { started, port } = await withinTime(start(options), timeoutMs, `${options.image} did not start`);
  const client = await getContainerRuntimeClient();
  const container = client.container.getById(started.getId());
  const host = started.getHost();
  const cleanUpNow = whenWeEnd('docker rm --force --volumes "$1"', started.getId());
  const stop = async () => {
    await started.stop({ timeout: 0 });
    await cleanUpNow();
  };
  const isRunning = async () => (await container.inspect()).State.Running;
  const becomesReady = async () => {
    const deadline = Date.now() + timeoutMs;
    while (!(await options.isReady({ host, port }))) {
      const over = !(await isRunning());
      if (over || Date.now() > deadline) {
        const how = over ? 'ended instead of starting' : 'did not answer in time';
        const log = await container.logs({ stdout: true, stderr: true, tail: 8 });
        // Between the lines stand the engine's own binary headers.
        const lines = log
          .toString('latin1')
          .replaceAll(/[^ -~\n]/g, '')
          .trim();
        throw new Error(`${options.name} (${options.image}) ${how}:\n${lines}`);
      }
      await sleep(20);
    }
  };
  const shutDown = async () => {
    if (await isRunning()) await container.stop({ t: 5 });
  };
  try {
    await becomesReady();
  } catch (error) {
    await stop();
    throw error;
  }
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
    stop,
  };
}

async function start(options: Options): Promise<{ started: StartedTestContainer; port: number }> {
  const { GenericContainer, Wait } = await import('testcontainers');
  for (let tries = 0; ; tries += 1) {
    const port = await findFreePort();
    const container = new GenericContainer(options.image)
      .withExposedPorts({ container: options.port, host: port })
      // Readiness is asked for from outside, as a client would see it.
      .withWaitStrategy(Wait.forAll([]))
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
