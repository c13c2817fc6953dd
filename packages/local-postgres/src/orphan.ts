import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What postmaster.pid says: whose data, which process, at which port, and whether it takes connections yet. */
export type Postmaster = { pid: number; dataDir: string; port: number; ready: boolean };

/** The server that last ran (or runs) on `dataDir`; null when it was stopped cleanly. */
export async function readPostmaster(dataDir: string): Promise<Postmaster | null> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(ignoreMissing);
  const lines = text?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return { pid, dataDir: lines[1] ?? '', port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/** The server that runs on `dataDir` and takes connections; null when none does. */
export async function findRunningPostgres(dataDir: string): Promise<{ port: number } | null> {
  const postmaster = await readPostmaster(dataDir);
  if (postmaster === null || !postmaster.ready || !isPostgresOn(postmaster.pid, dataDir)) return null;
  return { port: postmaster.port };
}

/**
 * Ends the PostgreSQL that an earlier start left behind on `dataDir` (this process was killed, the server was not). The
 * process that postmaster.pid names is ended only when it really is a PostgreSQL with this data directory; when its id
 * has gone to somebody else since, only the file is removed. Returns the pid that was ended, or null.
 */
export async function endOrphan(dataDir: string): Promise<number | null> {
  const postmaster = await readPostmaster(dataDir);
  if (postmaster === null || !isAlive(postmaster.pid)) return null;
  if (!isPostgresOn(postmaster.pid, dataDir)) {
    await rm(join(dataDir, 'postmaster.pid'), { force: true });
    return null;
  }
  await endPostmaster(postmaster.pid);
  return postmaster.pid;
}

/** Fast shutdown (clients are cut off, a checkpoint is written), after `patienceMs` an immediate one. Waits for the end. */
export async function endPostmaster(pid: number, patienceMs = 6_000): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    const deadline = Date.now() + patienceMs;
    while (isAlive(pid) && Date.now() < deadline) await sleep(10);
  }
  if (isAlive(pid)) throw new Error(`The database process ${pid} could not be ended.`);
}

function isAlive(pid: number): boolean {
  return argumentsOf(pid) !== null;
}

/** The words a process was started with; null when it has ended, also when nobody has collected it yet. */
function argumentsOf(pid: number): string[] | null {
  try {
    if (existsSync('/proc/self/cmdline')) {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.length > 1 ? words : null;
    }
    return execFileSync('ps', ['-o', 'command=', '-ww', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(' ');
  } catch {
    return null;
  }
}

/** A postmaster keeps showing the `-D <data directory>` it was started with. */
function isPostgresOn(pid: number, dataDir: string): boolean {
  const words = argumentsOf(pid) ?? [];
  const given = words[words.indexOf('-D') + 1];
  if (!words[0]?.includes('postgres') || given === undefined || !existsSync(given)) return false;
  return realpathSync(given) === realpathSync(dataDir);
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
