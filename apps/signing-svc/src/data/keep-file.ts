import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import { v7 as uuidv7 } from 'uuid';
import type { StoredFile } from '../domain/envelope.ts';
import { checksumOf } from './render-agreement.ts';

/** Keeps a deal's PDF for good. The same bytes of the same deal are kept once. */
export type KeepFile = (owner: { tenantId: string; dealId: string }, bytes: Buffer) => Promise<StoredFile>;

/**
 * Keeps PDFs in `storage`, by way of a spool file below `spoolDir` (mode 0600, gone afterwards). What a crash left in
 * the spool is removed here, at the start.
 */
export async function createKeepFile(storage: Storage, spoolDir: string): Promise<KeepFile> {
  await mkdir(spoolDir, { recursive: true, mode: 0o700 });
  for (const name of await readdir(spoolDir)) await rm(join(spoolDir, name), { force: true });
  return async ({ tenantId, dealId }, bytes) => {
    const checksum = checksumOf(bytes);
    const storageKey = `${tenantId}/${dealId}/${checksum}.pdf`;
    const spooled = join(spoolDir, `${uuidv7()}.pdf`);
    try {
      await writeFile(spooled, bytes, { mode: 0o600, flush: true });
      await storage.move([{ key: storageKey, path: spooled }]);
    } catch (error) {
      await rm(spooled, { force: true });
      throw error;
    }
    return { storageKey, checksum, sizeBytes: bytes.length };
  };
}
