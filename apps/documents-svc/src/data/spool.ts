import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '@uw-wizard/shared/errors';
import { v7 as uuidv7 } from 'uuid';
import { UPLOADS_BUSY } from '../domain/errors.ts';
import { createPlaces } from '../places.ts';

/** Where files lie while they are checked: on disk, out of memory, and only for that long. */
type Spool = {
  /**
   * Gives `work` a folder of its own (mode 0700) and removes it with all it holds, however `work` ends. At most `places`
   * run at once; who waits longer than `waitMs` for a place gets 503 `uploads-busy`.
   */
  use<T>(work: (folder: string) => Promise<T>): Promise<T>;
};

/**
 * A spool in `folder`, emptied first: what a process that died left there belongs to nobody. The folder belongs to one
 * process; the disk it takes is bounded by `places` times the size of one upload.
 */
export async function openSpool(options: { folder: string; places: number; waitMs: number }): Promise<Spool> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(options.folder)) await removeAll(join(options.folder, name));
  const places = createPlaces(options.places);
  const enter = () =>
    places(AbortSignal.timeout(options.waitMs)).catch((): never => {
      const detail = 'Other uploads take all the room there is. Nothing was stored; try again.';
      throw new DomainError(UPLOADS_BUSY, detail, { retryAfterSeconds: 5 });
    });
  return {
    async use(work) {
      const leave = await enter();
      const folder = join(options.folder, uuidv7());
      try {
        await mkdir(folder, { mode: 0o700 });
        return await work(folder);
      } finally {
        // As a rule nothing is left in it, and that it is one step.
        await rmdir(folder)
          .catch(() => removeAll(folder))
          .finally(leave);
      }
    },
  };
}

function removeAll(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 3 });
}
