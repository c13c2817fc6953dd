import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createLocalStorage } from '../src/platform/storage.ts';
import { keyFor, storageContract } from './storage-contract.ts';

storageContract('on disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'uw-storage-'));
  return {
    storage: createLocalStorage(folder),
    damage: (key, text) => writeFile(join(folder, key), text),
    stop: () => rm(folder, { recursive: true }),
  };
});

let root: string;
let source: string;
const key = keyFor('%PDF one');
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'uw-storage-'));
  source = join(root, 'source');
  await writeFile(source, '%PDF one');
});
afterEach(() => rm(root, { recursive: true }));

const keysOlderThan = async (ms: number) => {
  const keys: string[] = [];
  for await (const name of createLocalStorage(join(root, 'files')).listOlderThan(ms)) keys.push(name);
  return keys;
};

test('nothing is left beside a stored file, nor when storing it fails, and it is for its owner alone', async () => {
  const storage = createLocalStorage(join(root, 'files'));
  await storage.put(key, source);
  const folder = dirname(join(root, 'files', key));
  await writeFile(source, '%PDF other');
  await expect(storage.put(key, source)).rejects.toThrow(/SHA-256/);
  expect(await readdir(folder)).toHaveLength(1);
  expect((await stat(join(root, 'files', key))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test("a file on another disk is copied into its place, and refused when its bytes are not the key's", async () => {
  const storage = createLocalStorage(join(root, 'files'));
  const elsewhere = await mkdtemp('/dev/shm/uw-storage-').catch(() => mkdtemp(join(tmpdir(), 'uw-storage-')));
  onTestFinished(() => rm(elsewhere, { recursive: true }));
  const path = join(elsewhere, 'source');
  await writeFile(path, '%PDF two');
  await storage.move([{ key: keyFor('%PDF two'), path }]);
  await expect(stat(path)).rejects.toThrow(/ENOENT/);
  const [stored = ''] = await keysOlderThan(-60_000);
  expect(await readFile(join(root, 'files', stored), 'utf8')).toBe('%PDF two');
  expect(await readdir(dirname(join(root, 'files', stored)))).toHaveLength(1);
});

test('the sweep removes what a crash left beside stored files, and nothing else', async () => {
  const folder = dirname(join(root, 'files', key));
  await mkdir(folder, { recursive: true });
  const [stale = '', fresh = '', foreign = ''] = ['stale.part', 'fresh.part', 'notes.txt'].map((name) =>
    join(folder, name),
  );
  for (const path of [stale, fresh, foreign]) await writeFile(path, 'x');
  const old = new Date(Date.now() - 2 * 3_600_000);
  for (const path of [stale, foreign]) await utimes(path, old, old);
  expect(await keysOlderThan(30_000)).toEqual([]);
  expect((await readdir(folder)).toSorted()).toEqual(['fresh.part', 'notes.txt']);
});

test('whoever lists all there is, as a backup does, takes nothing from those who are storing a file', async () => {
  const folder = dirname(join(root, 'files', key));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'being-written.part'), 'x');
  await createLocalStorage(join(root, 'files')).put(key, source);
  expect(await keysOlderThan(-60_000)).toEqual([key]);
  expect(await readdir(folder)).toContain('being-written.part');
});

test('a store whose folders were taken away makes them anew', async () => {
  const storage = createLocalStorage(join(root, 'files'));
  await storage.put(key, source);
  await rm(join(root, 'files'), { recursive: true });
  await storage.put(key, source);
  await storage.put(key, source);
  await rm(join(root, 'files'), { recursive: true });
  await storage.move([{ key, path: source }]);
  expect(await keysOlderThan(-60_000)).toEqual([key]);
});

test('a store that has no folder yet is empty', async () => {
  expect(await keysOlderThan(-60_000)).toEqual([]);
});
