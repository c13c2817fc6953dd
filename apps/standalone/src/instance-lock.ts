import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readIfThere, writeDurably } from './durable-file.ts';

/** This process is the only one on its data directory until `release`, or until it ends in any way. */
export type InstanceLock = { release(): void };

/** Another process has the data directory. */
export class InstanceTaken extends Error {}

/**
 * Takes the data directory for this process; throws InstanceTaken, a sentence, when another one has it. The lock is the operating system's
 * own on a file (SQLite asks for it portably, also across containers that share the folder), so a process that is killed
 * leaves nothing to clean up. `who` tells the next one who is there.
 */
export async function lockInstance(dataDir: string, who: { url: string }): Promise<InstanceLock> {
  const holderFile = join(dataDir, 'instance.json');
  const lockFile = join(dataDir, 'instance.lock');
  closeSync(openSync(lockFile, 'a', 0o600));
  const lock = new DatabaseSync(lockFile);
  try {
    // Nothing is ever written to it, so it needs no journal beside it.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    const holder = (await readIfThere(holderFile)) ?? '{}';
    throw new InstanceTaken(
      `Another UW Wizard is already running on ${dataDir}${describe(holder)}. Stop it first, or give this one a DATA_DIR of its own.`,
      { cause },
    );
  }
  await writeDurably(holderFile, `${JSON.stringify({ pid: process.pid, ...who })}\n`);
  return { release: () => lock.close() };
}

function describe(holder: string): string {
  try {
    const { pid, url } = JSON.parse(holder);
    return ` (process ${pid}, ${url})`;
  } catch {
    return '';
  }
}
