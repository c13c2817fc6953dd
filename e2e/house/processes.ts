import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether a process runs; one that has ended and was not collected yet does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = readText(`/proc/${pid}/stat`);
  return stat === null || !/^\d+ \(.*\) Z/s.test(stat);
}

/** The embedded database's process, as its own file says; null when there is none. */
export function databasePid(dataDir: string): number | null {
  const pid = Number(readText(join(dataDir, 'postgres', 'postmaster.pid'))?.split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

/** The port of the embedded database; null when there is none. */
export function databasePort(dataDir: string): number | null {
  const port = Number(readText(join(dataDir, 'postgres', 'postmaster.pid'))?.split('\n')[3]);
  return Number.isInteger(port) && port > 0 ? port : null;
}

/**
 * Kills the embedded database with every process of its own, as a power cut would: none of them gets to do anything
 * more. Does not wait, and yields to nobody before it is done.
 */
export function killDatabase(dataDir: string): void {
  const pid = databasePid(dataDir);
  if (pid === null) return;
  for (const each of [pid, ...childrenOf(pid)]) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

/** The processes that `pid` has started and that have not ended. */
export function childrenOf(pid: number): number[] {
  const text = readText(`/proc/${pid}/task/${pid}/children`);
  if (text !== null) return text.trim().split(/\s+/).filter(Boolean).map(Number);
  const rows = execFileSync('ps', ['-ax', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (child !== undefined && parent === pid ? [child] : []));
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
