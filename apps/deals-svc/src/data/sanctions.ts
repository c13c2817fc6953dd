import type { Logger } from '@uw-wizard/shared/platform/logger';
import { Piscina } from 'piscina';
import { sanctionsCheck } from '../domain/background/checks.ts';
import { type CheckResult, notChecked } from '../domain/background/evaluate.ts';
import type { SanctionsAnswer, SanctionsTask } from './sanctions.worker.ts';

export type Sanctions = {
  /**
   * Holds names against the list; `null` and empty ones are left out. Never rejects: a list that is not installed, cannot be
   * read or does not answer in time is `not_checked`, with the reason.
   */
  check(names: readonly (string | null)[]): Promise<CheckResult>;
  close(): Promise<void>;
};

/**
 * The OFAC list in `folder` (`sdn.csv`, and `alt.csv` when it is there), read and searched in a worker thread that holds
 * it: the service's own thread never waits for either. The thread begins to read at once. `deadlineMs` (20,000 when absent)
 * bounds a check with all it waits for, reading the list included; one that overruns costs the thread, which is replaced.
 */
export function createSanctions(options: { folder: string | null; log: Logger; deadlineMs?: number }): Sanctions {
  const { folder, log, deadlineMs = 20_000 } = options;
  if (folder === null) return { check: async (names) => sanctionsCheck(null, names), close: async () => {} };
  const pool = new Piscina<SanctionsTask, SanctionsAnswer>({
    filename: new URL('./sanctions.worker.ts', import.meta.url).href,
    name: 'checkSanctions',
    env: {},
    atomics: 'disabled',
    minThreads: 1,
    maxThreads: 1,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  // A thread that dies between two checks is replaced.
  pool.on('error', (error: unknown) => log.error({ err: error }, 'the thread of the sanctions list has died'));

  let isClosed = false;
  const check = async (names: readonly (string | null)[]): Promise<CheckResult> => {
    // A closed pool would start its thread anew.
    if (isClosed) return notChecked('sanctions', 'The service is stopping.');
    const deadline = AbortSignal.timeout(deadlineMs);
    try {
      const answer = await pool.run({ folder, names }, { signal: deadline });
      if (answer.kind === 'checked') return answer.check;
      log.error({ folder, reason: answer.reason }, 'the sanctions list cannot be read');
      return notChecked('sanctions', `The sanctions list cannot be read: ${answer.reason}.`);
    } catch (error) {
      if (isClosed) return notChecked('sanctions', 'The service is stopping.');
      log.error({ err: error, folder }, 'the sanctions list does not answer');
      const why = deadline.aborted ? `did not answer within ${deadlineMs} ms` : 'could not be searched';
      return notChecked('sanctions', `The sanctions list ${why}.`);
    }
  };

  // Whoever is checked first need not wait for the reading, and a list that cannot be read is in the log from the start.
  const warm = check([]);
  return {
    check,
    async close() {
      isClosed = true;
      await pool.close({ force: true });
      await warm;
    },
  };
}
