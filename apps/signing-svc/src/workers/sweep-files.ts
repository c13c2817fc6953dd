import type { Database } from '@uw-wizard/shared/platform/database';
import type { Tx } from '../data/database.ts';
import { type SweepFilesDeps, sweepFiles } from '../usecases/sweep-files.ts';
import { createSweep, type Sweep } from './create-sweep.ts';

/** Removes, every hour, files that a crash left without an envelope. Of several replicas one does it, the others pass. */
export function createFileSweep(
  deps: Omit<SweepFilesDeps, 'minAgeMs'> & { database: Pick<Database<Tx>, 'unlessTaken'> },
): Sweep {
  return createSweep({
    name: 'agreement file sweep',
    pollMs: 60 * 60 * 1000,
    log: deps.log,
    async step(signal) {
      await deps.database.unlessTaken('agreement file sweep', async () => {
        const removed = await sweepFiles({ ...deps, minAgeMs: 24 * 60 * 60 * 1000 }, { signal });
        if (removed > 0) deps.log.info({ removed }, 'files that belong to no envelope were removed');
      });
      return false;
    },
  });
}
