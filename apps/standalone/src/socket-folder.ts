import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '@uw-wizard/shared/contracts/routes';

/** The kernel's limit for the path of a unix socket is 108 bytes (104 on macOS), the final zero included. */
const maxPathBytes = 100;

/** A folder that only this user can enter, for the services' sockets. `remove` deletes it. */
export type SocketFolder = { pathOf(service: ServiceName): string; remove(): Promise<void> };

/**
 * Makes DATA_DIR/run anew (what a killed process left there is in nobody's use, since the data directory is ours), or a
 * temporary folder when the paths would get too long.
 */
export async function makeSocketFolder(dataDir: string): Promise<SocketFolder> {
  const wanted = join(dataDir, 'run');
  const fits = Buffer.byteLength(join(wanted, 'documents-svc.sock')) < maxPathBytes;
  await rm(wanted, { recursive: true, force: true });
  if (fits) await mkdir(wanted, { recursive: true, mode: 0o700 });
  const folder = fits ? wanted : await mkdtemp(join(tmpdir(), 'uw-wizard-'));
  return {
    pathOf: (service) => join(folder, `${service}.sock`),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
