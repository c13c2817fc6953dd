import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `npm start` without npm: the process, and everything it has written. */
export type StandaloneProcess = {
  readonly pid: number;
  output(): string;
  /** Resolves with the exit code, null after a signal, once the process has ended. */
  readonly exited: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
};

const main = join(import.meta.dirname, '..', 'src', 'main.ts');
const started: ChildProcess[] = [];

/** Starts the standalone on `dataDir`; resolves when it says it is ready or has ended. */
export async function startProcess(dataDir: string, env: Record<string, string> = {}): Promise<StandaloneProcess> {
  const child = spawn(process.execPath, [main], {
    cwd: dataDir,
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ready = new Promise<void>((resolve) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ready in')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  await Promise.race([ready, exited]);
  return { pid: child.pid ?? 0, output: () => output, exited, kill: (signal) => void child.kill(signal) };
}

/** For the end of a test file: whatever is still running is asked to stop, and waited for. */
export async function stopAll(): Promise<void> {
  await Promise.all(
    started.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }),
  );
}

/** The process of the embedded database, as its own file says. */
export async function postgresPid(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => null);
  return text === null ? null : Number(text.split('\n')[0]);
}

/** Whether a process is running; one that has ended and was not collected yet is not. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/^\d+ \(.*\) Z/.test(status);
}

/** Whether each thread of a process takes whole turns (SCHED_BATCH, which is 3 in proc_pid_stat(5)). */
export async function takesWholeTurns(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const policies = threads.map(async (thread) => {
    const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => null);
    // The policy is the 41st field; the 3rd follows the name, which may hold anything.
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[38];
  });
  return (await Promise.all(policies)).every((policy) => policy === undefined || policy === '3');
}
