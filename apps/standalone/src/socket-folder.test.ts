import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeSocketFolder } from './socket-folder.ts';

test.each([0, 60, 200])(
  'sockets have paths of less than 100 bytes in a private folder, %i characters deep',
  async (depth) => {
    const root = await mkdtemp(join(tmpdir(), 'uw-wizard-sockets-'));
    const sockets = await makeSocketFolder(join(root, 'd'.repeat(depth)));
    const path = sockets.pathOf('documents-svc');
    expect(Buffer.byteLength(path)).toBeLessThan(100);
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
    await sockets.remove();
    await expect(stat(join(path, '..'))).rejects.toThrow(/ENOENT/);
    await rm(root, { recursive: true });
  },
);
