import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CountFiles } from './census.ts';

/** Counts the files of a house that keeps them on its disk. */
export function filesOnDisk(dataDir: string): CountFiles {
  return async (kind, { tenantId, dealIds }) => {
    const files = new Map<string, number>();
    for (const dealId of dealIds) {
      const names = await readdir(join(dataDir, kind, tenantId, dealId)).catch(() => []);
      // What a crash left beside its place is no stored file; the sweep takes it.
      files.set(dealId, names.filter((name) => name.endsWith('.pdf')).length);
    }
    return files;
  };
}
