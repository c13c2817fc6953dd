import type { Logger } from '@uw-wizard/shared/platform/logger';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import type { DueWork } from '../data/due.ts';
import { createSweep, type Sweep } from './create-sweep.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Removes files that a crash left without a row: those older than a day that belong to no envelope. Looks every hour. */
export function createFileSweep(deps: { storage: Storage; dueWork: DueWork; log: Logger }): Sweep {
  return createSweep({
    name: 'agreement file sweep',
    pollMs: 60 * 60 * 1000,
    log: deps.log,
    async step() {
      const old: string[] = [];
      for await (const key of deps.storage.listOlderThan(dayMs)) old.push(key);
      for (let start = 0; start < old.length; start += 500) {
        const keys = old.slice(start, start + 500);
        const known = await deps.dueWork.knownFiles(keys);
        for (const key of keys) if (!known.has(key)) await deps.storage.remove(key);
      }
      return false;
    },
  });
}
