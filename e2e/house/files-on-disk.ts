import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CountFiles } from './census.ts';

/** Counts the files of a house that keeps them on its disk. */
export function filesOnDisk(dataDir: string): CountFiles {
  return async (kind, { tenantId, dealIds }) => {
    const files = new Map<string, number>();
    for (const dealId of dealIds) {
      files.set(dealId, (await readdir(join(dataDir, kind, tenantId, dealId)).catch(() => [])).length);
    }
    return files;
  };
}
