import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { type Readable, pipeline as startPipeline } from 'node:stream';
import { v7 as uuidv7 } from 'uuid';
import { checksumIn, checksumOf, folderOf, onlyWhole, refuseOther } from './storage-key.ts';

/**
 * Where files are kept. A key is `tenant/deal/checksum.pdf` (or, of an anchor, `tenant/id/checksum.json`), the checksum that
 * of the bytes: the same key always means the same bytes, and bytes that are not the key's are neither taken nor given out
 * whole. A store that does not answer gives 503 `storage-unavailable`.
 */
export type Storage = {
  /** The bucket's name, `local` on disk. */
  readonly bucket: string;
  /**
   * Stores the file at `path` under `key`, durable once it resolves and all or nothing; a key that is there already counts
   * as new again. Rejects when the bytes are not the key's.
   */
  put(key: string, path: string): Promise<void>;
  /**
   * Stores files that nobody needs where they are, and takes them away from there; durable once it resolves. Rejects with
   * the first failure, after which some may be stored and some still be where they were. On the same disk they are moved and
   * not read again: whoever wrote them has counted each key's checksum over the very bytes, synced them, and used mode 0600.
   */
  move(files: readonly { key: string; path: string }[]): Promise<void>;
  /** The file's bytes as a stream that fails before its end when they are not the key's; null when there is no such file. */
  read(key: string): Promise<{ stream: Readable; sizeBytes: number } | null>;
  /** Every stored key older than `olderThanMs`, of one tenant or of all: for the sweep of files that no row names. */
  listOlderThan(olderThanMs: number, tenantId?: string): AsyncIterable<string>;
  remove(key: string): Promise<void>;
  /** Lets go of connections. */
  close(): void;
};

/** No `put` takes as long: what still lies beside its place by then was left by a crash. */
const abandonedMs = 3_600_000;

/** Files below `root`, each synced together with its folder before `put` and `move` resolve. Keys of any other form are refused. */
export function createLocalStorage(root: string): Storage {
  const base = resolve(root);
  const pathOf = (key: string): string => {
    checksumOf(key);
    return join(base, ...key.split('/'));
  };
  const folders = createKeptFolders(base);
  return {
    bucket: 'local',
    async put(key, source) {
      const target = pathOf(key);
      const folder = dirname(target);
      await folders.make(folder);
      await placeCopy(source, target, checksumOf(key));
      await folders.sync(folder);
    },
    async move(files) {
      const moves = files.map(({ key, path }) => ({ key, source: path, target: pathOf(key) }));
      const byFolder = Map.groupBy(moves, ({ target }) => dirname(target));
      await allOrFirstFailure(
        [...byFolder].map(async ([folder, those]) => {
          if (!folders.isKept(folder)) await folders.make(folder);
          await allOrFirstFailure(those.map((one) => moveIntoPlace(one, () => folders.make(folder))));
          await folders.sync(folder);
        }),
      );
    },
    async read(key) {
      const path = pathOf(key);
      const found = await stat(path).catch(ignoreMissing);
      return found === undefined ? null : { stream: readWhole(path, checksumOf(key)), sizeBytes: found.size };
    },
    async *listOlderThan(olderThanMs, tenantId) {
      const below = tenantId === undefined ? base : join(base, folderOf(tenantId));
      const folder = await opendir(below, { recursive: true }).catch(ignoreMissing);
      if (folder === undefined) return;
      for await (const entry of folder) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const found = await stat(path).catch(ignoreMissing);
        if (found === undefined) continue;
        const ageMs = Date.now() - found.mtimeMs;
        const key = path
          .slice(base.length + 1)
          .split(sep)
          .join('/');
        if (checksumIn(key) !== null) {
          if (ageMs > olderThanMs) yield key;
        } else if (key.endsWith('.part') && ageMs > abandonedMs) {
          // What a crash in `put` left beside its place. Whoever lists all there is may do so while others write.
          await rm(path, { force: true });
        }
      }
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
    },
    close() {},
  };
}

/** A file in its place is whole, also after a crash. One that is there already has the same bytes; the new one is young. */
async function moveIntoPlace(
  { key, source, target }: { key: string; source: string; target: string },
  makeFolder: () => Promise<void>,
): Promise<void> {
  try {
    await rename(source, target);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      // The folder was taken away since; if it is the file that is missing, this says so.
      await makeFolder();
      await rename(source, target);
    } else if (codeOf(error) === 'EXDEV') {
      await placeCopy(source, target, checksumOf(key));
      await rm(source);
    } else throw error;
  }
}

/** Moved into its place as a whole: a reader sees the whole file or none, also after a crash. */
async function placeCopy(source: string, target: string, checksum: string): Promise<void> {
  const beside = `${target}.${uuidv7()}.part`;
  try {
    await copySynced(source, beside, checksum);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function copySynced(source: string, target: string, checksum: string): Promise<void> {
  const from = await open(source, 'r');
  try {
    const to = await open(target, 'wx', 0o600);
    try {
      refuseOther(checksum, await readAll(from, (bytes) => to.writeFile(bytes)));
      await to.sync();
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Returns the hex SHA-256 of all that was read. One piece of memory: streams would leave a new one behind for every 64 KiB. */
async function readAll(from: FileHandle, take: (bytes: Buffer) => Promise<void>): Promise<string> {
  const piece = Buffer.allocUnsafe(128 * 1024);
  const hash = createHash('sha256');
  for (;;) {
    const { bytesRead } = await from.read(piece, 0, piece.length, null);
    if (bytesRead === 0) return hash.digest('hex');
    const bytes = piece.subarray(0, bytesRead);
    hash.update(bytes);
    await take(bytes);
  }
}

function readWhole(path: string, checksum: string): Readable {
  return startPipeline(createReadStream(path), onlyWhole(checksum), () => undefined);
}

const mostKeptFolders = 10_000;

/** Sees to it that folders below `base` are still there after a power cut: once for each, as long as this process lives. */
function createKeptFolders(base: string) {
  const kept = new Set<string>();
  const keep = async (folder: string): Promise<void> => {
    if (folder === base || kept.has(folder)) return;
    await syncFolder(dirname(folder));
    await keep(dirname(folder));
    if (kept.size >= mostKeptFolders) kept.clear();
    kept.add(folder);
  };
  return {
    isKept: (folder: string) => kept.has(folder),
    async make(folder: string) {
      const made = await mkdir(folder, { recursive: true, mode: 0o700 });
      if (made === undefined) return;
      // It was made anew, and perhaps what holds it as well.
      for (let gone = folder; gone !== base; gone = dirname(gone)) kept.delete(gone);
    },
    async sync(folder: string) {
      await syncFolder(folder);
      await keep(folder);
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Waits for all of them to end, whatever becomes of one. */
async function allOrFirstFailure(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
