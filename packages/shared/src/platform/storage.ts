import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { v7 as uuidv7 } from 'uuid';

/** Where files are kept. A key is `tenant/deal/checksum.pdf`; the same key always means the same bytes. */
export type Storage = {
  /** The bucket's name, `local` on disk. */
  readonly bucket: string;
  /** Stores the file at `path` under `key`, durable once it resolves; a key that is there already counts as new again. */
  put(key: string, path: string): Promise<void>;
  /** The file's bytes as a stream, or null when there is none. */
  read(key: string): Promise<{ stream: Readable; sizeBytes: number } | null>;
  /** Every stored key older than `olderThanMs`, for the sweep of files that no row names. */
  listOlderThan(olderThanMs: number): AsyncIterable<string>;
  remove(key: string): Promise<void>;
};

const keyPattern = /^[a-z0-9-]{1,63}\/[0-9a-f-]{36}\/[0-9a-f]{64}\.pdf$/;

/** Files below `root`, each synced together with its folder before `put` resolves. Keys of any other form are refused. */
export function createLocalStorage(root: string): Storage {
  const base = resolve(root);
  const pathOf = (key: string): string => {
    if (!keyPattern.test(key)) throw new Error(`not a storage key: ${key}`);
    return join(base, ...key.split('/'));
  };
  return {
    bucket: 'local',
    async put(key, source) {
      const target = pathOf(key);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      // Copied beside its place and moved into it: a reader sees the whole file or none, also after a crash. A file that is
      // there already has the same bytes; the new one is young, so no sweep takes it.
      const beside = `${target}.${uuidv7()}.part`;
      try {
        await copySynced(source, beside);
        await rename(beside, target);
      } finally {
        await rm(beside, { force: true });
      }
      for (const folder of [dirname(target), dirname(dirname(target)), base]) await syncFolder(folder);
    },
    async read(key) {
      const path = pathOf(key);
      const found = await stat(path).catch(ignoreMissing);
      return found === undefined ? null : { stream: createReadStream(path), sizeBytes: found.size };
    },
    async *listOlderThan(olderThanMs) {
      const names = await readdir(base, { recursive: true }).catch(ignoreMissing);
      for (const name of names ?? []) {
        const key = name.split(sep).join('/');
        const found = await stat(join(base, name)).catch(ignoreMissing);
        if (!found?.isFile() || Date.now() - found.mtimeMs <= olderThanMs) continue;
        if (keyPattern.test(key)) yield key;
        // What a crash in `put` left beside its place.
        else if (key.endsWith('.part')) await rm(join(base, name), { force: true });
      }
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
    },
  };
}

async function copySynced(source: string, target: string): Promise<void> {
  const file = await open(target, 'wx', 0o600);
  try {
    await file.writeFile(createReadStream(source));
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
