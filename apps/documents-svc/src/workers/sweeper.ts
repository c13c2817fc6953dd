import type { Database, SqlTx } from '@uw-wizard/shared/platform/database';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { pause, type Worker } from '@uw-wizard/shared/platform/worker';
import { type SweepOrphansDeps, sweepOrphans } from '../usecases/sweep-orphans.ts';

type SweeperDeps = SweepOrphansDeps & { log: Logger; database: Pick<Database<SqlTx>, 'unlessTaken'> };

/**
 * Sweeps the storage at start and every `everyMs`; of several replicas one does it, the others pass. An error is logged and
 * never ends it.
 */
export function createSweeper(deps: SweeperDeps, options: { everyMs: number }): Worker {
  const sweep = async (signal: AbortSignal) => {
    const removed = await sweepOrphans(deps, { signal });
    if (removed > 0) deps.log.info({ removed }, 'files that no document names were removed');
  };
  return {
    name: 'documents-svc sweeps orphaned files',
    async run(signal) {
      while (!signal.aborted) {
        try {
          await deps.database.unlessTaken('orphaned files', () => sweep(signal));
        } catch (error) {
          deps.log.error({ err: error }, 'the sweep failed; it will run again');
        }
        await pause(options.everyMs, signal);
      }
    },
  };
}
