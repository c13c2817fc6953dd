import type { Probe } from './health.ts';
import type { Storage } from './storage.ts';

/** A key that no file has. */
const nobodysKey = `health/00000000-0000-0000-0000-000000000000/${'0'.repeat(64)}.pdf`;

/**
 * Looks whether the store answers, by asking for a file that is not there. Each call to a store far away costs, and health
 * is asked for every few seconds by several: an answer counts for `goodForMs`.
 */
export function createStorageProbe(storage: Pick<Storage, 'read'>, goodForMs = 10_000): Probe {
  let last: { at: number; looked: Promise<unknown> } | undefined;
  return async () => {
    if (last === undefined || Date.now() - last.at > goodForMs)
      last = { at: Date.now(), looked: storage.read(nobodysKey) };
    await last.looked;
    return {};
  };
}
