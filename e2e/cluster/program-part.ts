import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from './part.ts';

export type Program = {
  name: string;
  /** The program, its arguments, and all of its environment. */
  command: readonly [file: string, ...args: string[]];
  env: NodeJS.ProcessEnv;
  cwd: string;
  logFile: string;
  /** Whether it takes calls by now. */
  isReady(): Promise<boolean>;
  /** How long a start may take. Default 60 s. */
  readyWithinMs?: number;
  /** How long a stop may take. Default 12 s: a service promises ten. */
  stoppedWithinMs?: number;
  /** Told of every process that was started, before anything else happens. */
  onSpawn(pid: number): void;
};

/** A part that is one process of a program. Its output goes to a file that every start adds to. */
export function programPart(program: Program): Part {
  const { name, readyWithinMs = 60_000, stoppedWithinMs = 12_000 } = program;
  let current: { child: ChildProcess; ended: Promise<void> } | null = null;

  const lastWords = async () => (await readFile(program.logFile, 'utf8').catch(() => '')).slice(-3_000);
  const isUp = () => current !== null && current.child.exitCode === null && current.child.signalCode === null;
  const running = () => {
    if (current === null || !isUp()) throw new Error(`${name} does not run`);
    return current;
  };

  return {
    name,
    lastWords,
    async start() {
      if (isUp()) throw new Error(`${name} runs already`);
      const log = await open(program.logFile, 'a', 0o600);
      const [file, ...args] = program.command;
      const child = spawn(file, args, {
        cwd: program.cwd,
        env: program.env,
        stdio: ['ignore', log.fd, log.fd],
        detached: true,
      });
      const ended = Promise.race([once(child, 'exit'), once(child, 'error')]).then(() => undefined);
      await log.close();
      if (child.pid === undefined) throw new Error(`${name} could not be started: ${file}`);
      program.onSpawn(child.pid);
      current = { child, ended };
      const deadline = Date.now() + readyWithinMs;
      while (!(await program.isReady())) {
        if (!isUp()) throw new Error(`${name} ended while it started:\n${await lastWords()}`);
        if (Date.now() > deadline) {
          throw new Error(`${name} was not ready after ${readyWithinMs} ms:\n${await lastWords()}`);
        }
        await sleep(25);
      }
    },
    async kill() {
      const { child, ended } = running();
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      if (!isUp()) return;
      const { child, ended } = running();
      child.kill('SIGTERM');
      const late = new AbortController();
      const inTime = await Promise.race([
        ended.then(() => true),
        sleep(stoppedWithinMs, false, { signal: late.signal }).catch(() => true),
      ]);
      late.abort();
      if (!inTime) {
        child.kill('SIGKILL');
        await ended;
        throw new Error(`${name} did not stop within ${stoppedWithinMs} ms:\n${await lastWords()}`);
      }
      if (child.exitCode !== 0) {
        throw new Error(`${name} stopped with ${child.exitCode ?? child.signalCode}:\n${await lastWords()}`);
      }
    },
    pause: () => void running().child.kill('SIGSTOP'),
    resume: () => void running().child.kill('SIGCONT'),
  };
}
