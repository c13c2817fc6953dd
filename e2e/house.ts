import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Client, createClient, type Target } from './flow/client.ts';
import { type Credentials, readCredentials, targetOf } from './flow/credentials.ts';
import { isRunning } from './house/processes.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readyWithinMs = 60_000;

/** How to start the house: as `npm start` does, without npm. */
export const standalone: readonly string[] = [process.execPath, join(root, 'apps', 'standalone', 'src', 'main.ts')];

export type HouseOptions = {
  dataDir: string;
  /** Variables of the house. Nothing of this process's own environment but what programs need to run. */
  env?: Readonly<Record<string, string>>;
  /** A PostgreSQL for it; the embedded one when absent. */
  databaseUrl?: string | undefined;
  /** The program and its arguments; the standalone by default. */
  command?: readonly string[];
  /** Where it is started; the folder around `dataDir` by default, where no `.env` lies. */
  cwd?: string;
};

/** A house that runs as a process of its own. */
export type House = {
  readonly target: Target;
  readonly client: Client;
  readonly credentials: Credentials;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly pid: number;
  /** From the start of the process until it said that it is ready. */
  readonly readyAfterMs: number;
  /** Its end of the channel, for programs that listen to one. */
  readonly channel: ChildProcess;
  /** All that it has written so far. */
  output(): string;
  /** Resolves once the process has ended, in whatever way. */
  readonly ended: Promise<void>;
  /** SIGTERM, and waits; one that does not end within `patienceMs` is killed and that is an error. */
  stop(patienceMs?: number): Promise<void>;
};

/** Starts a house and waits until it is ready. Throws with what it wrote when it ends, or takes longer than it may. */
export async function startHouse(options: HouseOptions): Promise<House> {
  const { dataDir, databaseUrl, env = {}, command = standalone } = options;
  // What an earlier process said about itself must not be taken for this one's.
  await rm(join(dataDir, 'instance.json'), { force: true });
  const startedAt = performance.now();
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: options.cwd ?? dirname(dataDir),
    env: {
      ...essentials(),
      PORT: '0',
      LOG_LEVEL: 'warn',
      ...env,
      DATA_DIR: dataDir,
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const { output, ended } = listenTo(child);
  const deadline = Date.now() + readyWithinMs;
  const { pid, url } = await untilReady({ child, dataDir, output, deadline });
  const readyAfterMs = performance.now() - startedAt;
  const credentials = await readCredentials(join(dataDir, 'credentials.json'));
  const target = targetOf(credentials, url);
  return {
    target,
    client: createClient(target),
    credentials,
    dataDir,
    databaseUrl,
    pid,
    readyAfterMs,
    channel: child,
    output,
    ended,
    async stop(patienceMs = 20_000) {
      send(pid, 'SIGTERM');
      const late = new AbortController();
      const inTime = await Promise.race([
        ended.then(() => true),
        sleep(patienceMs, false, { signal: late.signal }).catch(() => true),
      ]);
      late.abort();
      if (inTime) return;
      send(pid, 'SIGKILL');
      await ended;
      throw new Error(`The house did not stop within ${patienceMs} ms. It wrote:\n${output().slice(-2_000)}`);
    },
  };
}

/** What programs need of this process's environment to run. */
export function essentials(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, LANG } = process.env;
  return Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR, LANG }).filter(([, value]) => value !== undefined));
}

function listenTo(child: ChildProcess): { output: () => string; ended: Promise<void> } {
  let written = '';
  const keep = (chunk: Buffer) => {
    written = (written + chunk.toString()).slice(-1_000_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = Promise.race([once(child, 'exit'), once(child, 'error')]).then(() => undefined);
  return { output: () => written, ended };
}

type Starting = { child: ChildProcess; dataDir: string; output: () => string; deadline: number };

/** It says in instance.json who and where it is, and at /readyz when it takes calls. */
async function untilReady({ child, dataDir, output, deadline }: Starting): Promise<{ pid: number; url: string }> {
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error(`The house ended while it started (${child.exitCode ?? child.signalCode}):\n${output()}`);
    }
    const instance = await readInstance(dataDir);
    if (instance !== null && (await isReady(instance.url))) return instance;
    await sleep(20);
  }
  if (child.pid !== undefined) send(child.pid, 'SIGTERM');
  const log = await readFile(join(dataDir, 'logs', 'postgres.log'), 'utf8').catch(() => '');
  throw new Error(
    `The house was not ready in time. It wrote:\n${output().slice(-2_000)}\nIts database wrote:\n${log.slice(-2_000)}`,
  );
}

async function readInstance(dataDir: string): Promise<{ pid: number; url: string } | null> {
  const text = await readFile(join(dataDir, 'instance.json'), 'utf8').catch(() => null);
  return text === null ? null : JSON.parse(text);
}

async function isReady(url: string): Promise<boolean> {
  try {
    const { status } = await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(2_000) });
    return status === 200;
  } catch {
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  if (isRunning(pid)) process.kill(pid, signal);
}
