import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { childrenOf } from '@uw-wizard/e2e/house/processes';

/** What a process takes, in MiB. `anonymous`: what no file backs, so what it has asked for itself; null where unknown. */
export type Memory = { rssMib: number; anonymousMib: number | null };

/** Memory of one process: from /proc where there is one, else the resident set as `ps` tells it. */
export async function memoryOf(pid: number): Promise<Memory> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => null);
  if (rollup === null) {
    const kib = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
    return { rssMib: kib / 1024, anonymousMib: null };
  }
  return { rssMib: kibOf(rollup, 'Rss') / 1024, anonymousMib: kibOf(rollup, 'Anonymous') / 1024 };
}

/** Memory of the database with all its processes, each shared page counted once, in MiB; null where that is not told. */
export async function databaseMib(pid: number): Promise<number | null> {
  const rollups = await Promise.all(
    [pid, ...childrenOf(pid)].map((each) => readFile(`/proc/${each}/smaps_rollup`, 'utf8').catch(() => null)),
  );
  const told = rollups.filter((rollup) => rollup !== null);
  return told.length === 0 ? null : told.reduce((sum, rollup) => sum + kibOf(rollup, 'Pss'), 0) / 1024;
}

function kibOf(rollup: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0);
}
