import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, open, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from './free-port.ts';
import { whenWeEnd } from './guard.ts';
import type { Server } from './server.ts';

/** A program of this machine, and the folders of the libraries that it needs beside the system's own. */
export type Program = { readonly path: string; readonly libraries: readonly string[] };

type Options = {
  /** For people: in messages and in the name of the folder. */
  name: string;
  program: Program;
  /** Files to put into the server's folder before it starts. */
  files?: (folder: string, port: number) => Record<string, string>;
  args: (folder: string, port: number) => readonly string[];
  /** Says whether it is this server, and no other that got the port first, who answers there. */
  isReady: (at: { host: string; port: number; folder: string }) => Promise<boolean>;
  /** 10 s; a machine that is busy may need some of them. */
  startTimeoutMs?: number;
};

/**
 * Starts a server as a process on the loopback interface, in a temporary folder of its own (also its working directory).
 * It runs in a session of its own, so that a Ctrl-C in the terminal reaches us and not it; and it ends with this process,
 * however this process ends. Throws with the end of the server's log when it does not come up.
 */
export async function startProcess(options: Options): Promise<Server> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `uw-wizard-${options.name}-`)));
  const cleanUpNow = whenWeEnd(cleanUp, folder);
  const release = async () => {
    // Who has ended its server must not have somebody else ended who got its process id since.
    await rm(join(folder, 'pid'), { force: true });
    await cleanUpNow();
  };
  const deadline = Date.now() + (options.startTimeoutMs ?? 10_000);
  try {
    for (;;) {
      const port = await findFreePort();
      const started = await run(options, folder, port, deadline);
      if (typeof started !== 'string') return handle(options, folder, port, started, release);
      // Somebody else took the port between finding and using it.
      if (!/address already in use/i.test(started) || Date.now() > deadline) throw new Error(started);
    }
  } catch (error) {
    await release();
    throw error;
  }
}

type Running = { child: ChildProcess; ended: Promise<void> };

function handle(options: Options, folder: string, port: number, first: Running, release: () => Promise<void>): Server {
  let running = first;
  const isOver = () => running.child.exitCode !== null || running.child.signalCode !== null;
  const endBy = async (signal: NodeJS.Signals) => {
    if (isOver()) return;
    // While somebody waits for its end it does keep this process alive.
    running.child.ref();
    running.child.kill(signal);
    await running.ended;
  };
  const shutDown = async () => {
    // One that is frozen would not hear the request to end.
    running.child.kill('SIGCONT');
    const patience = setTimeout(() => running.child.kill('SIGKILL'), 5_000);
    await endBy('SIGTERM');
    clearTimeout(patience);
  };
  return {
    host: '127.0.0.1',
    port,
    kill: () => endBy('SIGKILL'),
    shutDown,
    async restart() {
      await shutDown();
      const next = await run(options, folder, port, Date.now() + (options.startTimeoutMs ?? 10_000));
      if (typeof next === 'string') throw new Error(next);
      running = next;
    },
    async pause() {
      running.child.kill('SIGSTOP');
      // The signal stops one thread after the other; until the last one has stopped the server may still answer.
      while (!isOver() && (await someThreadRuns(running.child.pid))) await sleep(1);
    },
    async resume() {
      running.child.kill('SIGCONT');
    },
    async stop() {
      await endBy('SIGKILL');
      await release();
    },
  };
}

/** Looks at the states of a process's threads, where the system shows them (Linux): T is stopped, by a signal or a tracer. */
async function someThreadRuns(pid: number | undefined): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const states = threads.map(async (thread) => {
    const line = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => '');
    return line.slice(line.lastIndexOf(')') + 2, line.lastIndexOf(')') + 3);
  });
  return (await Promise.all(states)).some((state) => !['T', 't', 'Z', 'X', ''].includes(state));
}

/** Starts the program and waits until it answers; what it complains about when it does not. */
async function run(options: Options, folder: string, port: number, deadline: number): Promise<Running | string> {
  const { name, program } = options;
  for (const [file, text] of Object.entries(options.files?.(folder, port) ?? {})) {
    await writeFile(join(folder, file), text, { mode: 0o600 });
  }
  const logFile = join(folder, 'log');
  const log = await open(logFile, 'w', 0o600);
  // The shell notes its process id, which the program keeps, before the program exists: the guard always knows whom to end.
  const child = spawn('/bin/sh', ['-c', noteAndRun, folder, program.path, ...options.args(folder, port)], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', LD_LIBRARY_PATH: program.libraries.join(':') },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  child.unref();
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done());
    child.once('error', () => done());
  });
  await log.close();
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && Date.now() < deadline) {
    if (await options.isReady({ host: '127.0.0.1', port, folder })) return { child, ended };
    await sleep(5);
  }
  const why = over ? 'ended instead of starting' : 'did not answer in time';
  child.ref();
  child.kill('SIGKILL');
  await ended;
  const lines = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-8).join('\n');
  return `${name} (${program.path}) ${why}:\n${lines}`;
}

const noteAndRun = 'echo $$ >"$0/pid"; exec "$@"';

/** Ends the server, if the noted process still is it (it works in the folder), and deletes the folder. */
const cleanUp = `
  pid=$(cat "$1/pid" 2>/dev/null)
  if [ -n "$pid" ] && { [ ! -d /proc/self ] || [ "$(readlink "/proc/$pid/cwd")" = "$1" ]; }; then kill -KILL "$pid"; fi
  tries=0
  while [ -d "$1" ] && [ $tries -lt 100 ]; do
    rm -rf "$1" || sleep 0.05
    tries=$((tries + 1))
  done`;
