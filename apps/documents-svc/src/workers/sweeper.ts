import type { Logger } from '@uw-wizard/shared/platform/logger';
import { pause, type Worker } from '@uw-wizard/shared/platform/worker';
import { type SweepOrphansDeps, sweepOrphans } from '../usecases/sweep-orphans.ts';

/** Sweeps the storage at start and every `everyMs`. An error is logged and never ends it. */
export function createSweeper(deps: SweepOrphansDeps & { log: Logger }, options: { everyMs: number }): Worker {
  return {
    name: 'documents-svc sweeps orphaned files',
    async run(signal) {
      while (!signal.aborted) {
        try {
          const removed = await sweepOrphans(deps, { signal });
          if (removed > 0) deps.log.info({ removed }, 'files that no document names were removed');
        } catch (error) {
          deps.log.error({ err: error }, 'the sweep failed; it will run again');
        }
        await pause(options.everyMs, signal);
      }
    },
  };
}
