import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Storage } from '../src/platform/storage.ts';

/** A store under test, used by nobody else. `damage` changes what is stored under a key behind its back. */
export type StorageUnderTest = {
  storage: Storage;
  damage(key: string, text: string): Promise<void>;
  stop(): Promise<void>;
};

let deals = 0;

/** A key for `text`, of a deal of its own. */
export function keyFor(text: string): string {
  deals += 1;
  const dealId = `0195d1c0-0000-7000-8000-${String(deals).padStart(12, '0')}`;
  return `demo/${dealId}/${createHash('sha256').update(text).digest('hex')}.pdf`;
}

/** What every store guarantees, in the same words. */
export function storageContract(name: string, make: () => Promise<StorageUnderTest>): void {
  describe(`files ${name}`, () => {
    let under: StorageUnderTest;
    let storage: Storage;
    let spool: string;
    beforeAll(async () => {
      spool = await mkdtemp(join(tmpdir(), 'uw-spool-'));
      under = await make();
      storage = under.storage;
    });
    beforeEach(async () => {
      for await (const key of storage.listOlderThan(-60_000)) await storage.remove(key);
    });
    afterAll(async () => {
      await under.stop();
      await rm(spool, { recursive: true });
    });

    async function spooled(bytes: string | Buffer): Promise<string> {
      const path = join(spool, `${Math.random()}`);
      await writeFile(path, bytes);
      return path;
    }
    async function stored(text: string): Promise<string> {
      const key = keyFor(text);
      await storage.put(key, await spooled(text));
      return key;
    }
    async function textOf(key: string): Promise<string | null> {
      const found = await storage.read(key);
      return found === null ? null : String(await buffer(found.stream));
    }
    async function keysOlderThan(ms: number): Promise<string[]> {
      const keys: string[] = [];
      for await (const key of storage.listOlderThan(ms)) keys.push(key);
      return keys.toSorted();
    }

    test('a stored file is read back whole, with its size, and the original stays', async () => {
      const path = await spooled('%PDF one');
      const key = keyFor('%PDF one');
      await storage.put(key, path);
      expect(await textOf(key)).toBe('%PDF one');
      const found = await storage.read(key);
      found?.stream.destroy();
      expect(found?.sizeBytes).toBe(8);
      expect(await readdir(spool)).toContain(path.slice(spool.length + 1));
    });

    test('files that nobody needs where they are are stored whole, as often as it is done, and gone from there', async () => {
      const texts = ['%PDF one', '%PDF two', '%PDF one'];
      const files = await Promise.all(
        texts.map(async (text) => ({ text, key: keyFor(text), path: await spooled(text) })),
      );
      await storage.move(files);
      for (const { key, text } of files) expect(await textOf(key)).toBe(text);
      for (const { path } of files) expect(await readdir(spool)).not.toContain(path.slice(spool.length + 1));
      const [again = { key: '', text: '' }] = files;
      await storage.move([{ key: again.key, path: await spooled(again.text) }]);
      expect(await keysOlderThan(-60_000)).toEqual(files.map(({ key }) => key).toSorted());
    });

    test('of files one of which is not there the others are stored or still there, and it is an error', async () => {
      const key = keyFor('%PDF there');
      const path = await spooled('%PDF there');
      const missing = { key: keyFor('missing'), path: join(spool, 'missing') };
      await expect(storage.move([missing, { key, path }])).rejects.toThrow(/ENOENT/);
      expect(await textOf(key)).toBe('%PDF there');
      expect(await storage.read(missing.key)).toBeNull();
    });

    test('a file of the largest size comes back byte for byte', async () => {
      const bytes = Buffer.alloc(15 * 1024 * 1024, 'statement');
      const checksum = createHash('sha256').update(bytes).digest('hex');
      const key = keyFor('').replace(/[0-9a-f]{64}/, checksum);
      await storage.put(key, await spooled(bytes));
      const found = await storage.read(key);
      const back = found === null ? null : await buffer(found.stream);
      expect(back?.equals(bytes)).toBe(true);
    });

    test('a file nobody stored is not there', async () => {
      expect(await storage.read(keyFor('nobody'))).toBeNull();
    });

    test('a file stored many times at once is there once, whole', async () => {
      const key = keyFor('%PDF same');
      const paths = await Promise.all(Array.from({ length: 10 }, () => spooled('%PDF same')));
      await Promise.all(paths.map((path) => storage.put(key, path)));
      expect(await textOf(key)).toBe('%PDF same');
      expect(await keysOlderThan(-60_000)).toEqual([key]);
    });

    test('bytes that are not those of the key are refused, and nothing is stored', async () => {
      const key = keyFor('%PDF right');
      await expect(storage.put(key, await spooled('%PDF wrong'))).rejects.toThrow(/SHA-256/);
      expect(await storage.read(key)).toBeNull();
      expect(await keysOlderThan(-60_000)).toEqual([]);
      await storage.put(key, await spooled('%PDF right'));
      expect(await textOf(key)).toBe('%PDF right');
    });

    test('a file that is not there cannot be stored, and nothing is stored', async () => {
      const key = keyFor('missing');
      await expect(storage.put(key, join(spool, 'missing'))).rejects.toThrow(/ENOENT/);
      expect(await keysOlderThan(-60_000)).toEqual([]);
    });

    test.each([
      ['changed', '%PDF 0ne'],
      ['cut short', '%PDF'],
      ['made longer', `%PDF one${' '.repeat(200_000)}`],
    ])('a stored file that was %s is not given out as a whole one', async (_, text) => {
      const key = await stored('%PDF one');
      await under.damage(key, text);
      await expect(textOf(key)).rejects.toThrow(/SHA-256/);
    });

    const deal = '0195d1c0-0000-7000-8000-000000000001';
    const checksum = 'a'.repeat(64);
    test.each([
      `../${deal}/${checksum}.pdf`,
      `demo/../${checksum}.pdf`,
      `demo/${deal}/../../etc/passwd`,
      `demo/${deal}/statement.pdf`,
      `demo/${deal}/${checksum}.pdf/..`,
      `demo/${deal}/${checksum}.pdf\n`,
      `/demo/${deal}/${checksum}.pdf`,
      `Demo/${deal}/${checksum}.pdf`,
      '',
    ])('the key %j never becomes a path', async (bad) => {
      const path = await spooled('x');
      await expect(storage.put(bad, path)).rejects.toThrow(/not a storage key/);
      await expect(storage.move([{ key: bad, path }])).rejects.toThrow(/not a storage key/);
      await expect(storage.read(bad)).rejects.toThrow(/not a storage key/);
      await expect(storage.remove(bad)).rejects.toThrow(/not a storage key/);
    });

    test('the sweep sees every stored file once it is old enough, however many there are, and none before', async () => {
      const keys = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(stored));
      expect(await keysOlderThan(60_000)).toEqual([]);
      expect(await keysOlderThan(-60_000)).toEqual(keys.toSorted());
    });

    test('an old file that is stored again is young again, so that no sweep takes it from its new row', async () => {
      const key = await stored('%PDF same');
      await eventually(async () => expect(await keysOlderThan(2_000)).toEqual([key]), { everyMs: 200 });
      await storage.put(key, await spooled('%PDF same'));
      expect(await keysOlderThan(2_000)).toEqual([]);
    });

    test('files may go while the sweep goes through them', async () => {
      await Promise.all(['a', 'b', 'c', 'd', 'e'].map(stored));
      const seen: string[] = [];
      for await (const key of storage.listOlderThan(-60_000)) {
        seen.push(key);
        await storage.remove(key);
      }
      expect(new Set(seen).size).toBe(5);
      expect(await keysOlderThan(-60_000)).toEqual([]);
    });

    test('a removed file is gone, and removing it again is no error', async () => {
      const key = await stored('%PDF one');
      await storage.remove(key);
      await storage.remove(key);
      expect(await storage.read(key)).toBeNull();
    });

    test('a reader that goes away in the middle disturbs nobody', async () => {
      const key = await stored(`%PDF ${'x'.repeat(500_000)}`);
      const found = await storage.read(key);
      found?.stream.destroy();
      expect((await textOf(key))?.length).toBe(500_005);
    });
  });
}
