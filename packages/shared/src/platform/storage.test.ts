import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalStorage, type Storage } from './storage.ts';

let root: string;
let spool: string;
let storage: Storage;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'uw-storage-'));
  spool = await mkdtemp(join(tmpdir(), 'uw-spool-'));
  storage = createLocalStorage(root);
});
afterEach(async () => {
  for (const folder of [root, spool]) await rm(folder, { recursive: true });
});

const dealId = '0195d1c0-0000-7000-8000-000000000001';
const key = `demo/${dealId}/${'a'.repeat(64)}.pdf`;

async function spooled(text: string): Promise<string> {
  const path = join(spool, `${Math.random()}`);
  await writeFile(path, text);
  return path;
}
async function textOf(name: string): Promise<string | null> {
  const found = await storage.read(name);
  return found === null ? null : String(await buffer(found.stream));
}
async function keysOlderThan(ms: number): Promise<string[]> {
  const keys: string[] = [];
  for await (const name of storage.listOlderThan(ms)) keys.push(name);
  return keys;
}

test('a stored file is read back whole, with its size', async () => {
  await storage.put(key, await spooled('%PDF one'));
  expect(await textOf(key)).toBe('%PDF one');
  expect((await storage.read(key))?.sizeBytes).toBe(8);
});

test('a file nobody stored is not there', async () => {
  expect(await storage.read(key)).toBeNull();
});

test('a file stored many times at once is there once, whole', async () => {
  const paths = await Promise.all(Array.from({ length: 10 }, () => spooled('%PDF same')));
  await Promise.all(paths.map((path) => storage.put(key, path)));
  expect(await textOf(key)).toBe('%PDF same');
  expect(await readdir(join(root, 'demo', dealId))).toHaveLength(1);
});

test('an old file that is stored again is young again, so that no sweep takes it from its new row', async () => {
  await storage.put(key, await spooled('%PDF same'));
  await utimes(join(root, key), new Date(0), new Date(0));
  await storage.put(key, await spooled('%PDF same'));
  expect(await keysOlderThan(60_000)).toEqual([]);
});

test('nothing is left beside a stored file, nor when storing it fails', async () => {
  await storage.put(key, await spooled('%PDF one'));
  await expect(storage.put(key.replace('a.pdf', 'b.pdf'), join(spool, 'missing'))).rejects.toThrow(/ENOENT/);
  expect(await readdir(join(root, 'demo', dealId))).toEqual([`${'a'.repeat(64)}.pdf`]);
});

test.each([
  `../${dealId}/${'a'.repeat(64)}.pdf`,
  `demo/../${'a'.repeat(64)}.pdf`,
  `demo/${dealId}/../../etc/passwd`,
  `demo/${dealId}/statement.pdf`,
  `demo/${dealId}/${'a'.repeat(64)}.pdf/..`,
  `demo/${dealId}/${'a'.repeat(64)}.pdf\n`,
  `/demo/${dealId}/${'a'.repeat(64)}.pdf`,
  `Demo/${dealId}/${'a'.repeat(64)}.pdf`,
  '',
])('the key %j never becomes a path', async (bad) => {
  const path = await spooled('x');
  await expect(storage.put(bad, path)).rejects.toThrow(/not a storage key/);
  await expect(storage.read(bad)).rejects.toThrow(/not a storage key/);
  await expect(storage.remove(bad)).rejects.toThrow(/not a storage key/);
});

test('the sweep sees stored files by age, removes what a crash left beside them, and nothing else', async () => {
  await storage.put(key, await spooled('%PDF one'));
  const folder = join(root, 'demo', dealId);
  const [stale, fresh, foreign] = ['stale.part', 'fresh.part', 'notes.txt'].map((name) => join(folder, name));
  for (const path of [stale, fresh, foreign]) await writeFile(path ?? '', 'x');
  const old = new Date(Date.now() - 60_000);
  for (const path of [stale, foreign]) await utimes(path ?? '', old, old);
  expect(await keysOlderThan(30_000)).toEqual([]);
  expect((await readdir(folder)).toSorted()).toEqual([`${'a'.repeat(64)}.pdf`, 'fresh.part', 'notes.txt']);
  await utimes(join(root, ...key.split('/')), old, old);
  expect(await keysOlderThan(30_000)).toEqual([key]);
});

test('a store that has no folder yet is empty', async () => {
  storage = createLocalStorage(join(root, 'later'));
  expect(await keysOlderThan(0)).toEqual([]);
  await storage.put(key, await spooled('%PDF one'));
  expect(await readFile(join(root, 'later', ...key.split('/')), 'utf8')).toBe('%PDF one');
});

test('a removed file is gone, and removing it again is no error', async () => {
  await storage.put(key, await spooled('%PDF one'));
  await storage.remove(key);
  await storage.remove(key);
  expect(await storage.read(key)).toBeNull();
});
