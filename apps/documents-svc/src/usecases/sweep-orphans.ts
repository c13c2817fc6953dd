import type { Storage } from '@uw-wizard/shared/platform/storage';
import type { Objects } from './ports.ts';

export type SweepOrphansDeps = {
  objects: Omit<Objects, 'want'>;
  storage: Storage;
  clock: () => Date;
  /** A file younger than this is never an orphan: its upload may still be running. */
  minAgeMs: number;
};

const BATCH = 500;

/**
 * Removes stored files that no document names: what an upload left that died between storing and saving. Returns how many.
 * Safe beside running uploads: a file goes only after its row was taken, and an upload takes the row first.
 */
export async function sweepOrphans(deps: SweepOrphansDeps, input: { signal: AbortSignal }): Promise<number> {
  let removed = 0;
  const sweep = async (tenantId: string, key: string) => {
    if (!(await deps.objects.claim(tenantId, key, deps.clock(), deps.minAgeMs))) return;
    await deps.storage.remove(key);
    await deps.objects.forget(tenantId, key);
    removed += 1;
  };
  for (const { tenantId, key } of await deps.objects.unfinishedSweeps()) await sweep(tenantId, key);
  const sweepUnnamed = async (tenantId: string, keys: readonly string[]) => {
    if (keys.length === 0) return;
    for (const key of await deps.objects.unnamed(tenantId, keys)) {
      if (!input.signal.aborted) await sweep(tenantId, key);
    }
  };
  // Files of one tenant come together, in the order of their keys or folders: a batch is of one tenant.
  let batch = { tenantId: '', keys: [] as string[] };
  for await (const key of deps.storage.listOlderThan(deps.minAgeMs)) {
    if (input.signal.aborted) break;
    const [tenantId = ''] = key.split('/');
    if (tenantId !== batch.tenantId || batch.keys.length === BATCH) {
      await sweepUnnamed(batch.tenantId, batch.keys);
      batch = { tenantId, keys: [] };
    }
    batch.keys.push(key);
  }
  await sweepUnnamed(batch.tenantId, batch.keys);
  return removed;
}
