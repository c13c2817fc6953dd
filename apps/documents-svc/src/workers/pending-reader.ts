import type { Logger } from '@uw-wizard/shared/platform/logger';
import { pause, type Worker } from '@uw-wizard/shared/platform/worker';
import { type ReadPendingSetDeps, readPendingSet } from '../usecases/read-pending-set.ts';

/**
 * Reads sets that were saved unread, one at a time: at once when `wake` is called, and every `pollMs` for those that a
 * crash or another process left. An error is logged and never ends it.
 */
export function createPendingReader(
  deps: ReadPendingSetDeps & { log: Logger },
  options: { pollMs: number },
): Worker & { wake(): void } {
  let nap = new AbortController();
  return {
    name: 'documents-svc reads pending statements',
    wake: () => nap.abort(),
    async run(signal) {
      while (!signal.aborted) {
        nap = new AbortController();
        const worked = await readPendingSet(deps, { signal }).catch((error: unknown) => {
          deps.log.error({ err: error }, 'statements could not be read; they will be tried again');
          return false;
        });
        if (!worked) await pause(options.pollMs, AbortSignal.any([signal, nap.signal]));
      }
    },
  };
}
