import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createSanctions, type Sanctions } from './sanctions.ts';

const log = createLogger({ service: 'deals-svc', level: 'silent' });
const folders: string[] = [];
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uw-sanctions-'));
  folders.push(folder);
});
afterAll(() => Promise.all(folders.map((each) => rm(each, { recursive: true }))));

// OFAC's own form, with invented companies.
const row = (number: number, name: string) => `${number},"${name}"${',-0- '.repeat(10)}\n`;
const heron = row(1, 'SILVER HERON SHIPPING');
const install = async (file: string, text: string, day: string) => {
  await writeFile(join(folder, file), text);
  await utimes(join(folder, file), new Date(day), new Date(day));
};
async function withSanctions(work: (sanctions: Sanctions) => Promise<void>, options: { deadlineMs?: number } = {}) {
  const sanctions = createSanctions({ folder, log, ...options });
  try {
    await work(sanctions);
  } finally {
    await sanctions.close();
  }
}

describe('the sanctions list of the service', () => {
  test('a name is held against the list, whose date is that of its file', async () => {
    await install('sdn.csv', heron, '2026-11-01');
    await withSanctions(async ({ check }) => {
      expect(await check(['Silver Heron Shipping LLC', null])).toMatchObject({
        result: 'flag',
        asOf: new Date('2026-11-01'),
      });
      expect(await check(['Acme Diner LLC'])).toMatchObject({ result: 'pass', asOf: new Date('2026-11-01') });
    });
  });

  test('a list that was replaced, and other names that came later, are read for the next check', async () => {
    await install('sdn.csv', heron, '2026-11-01');
    await withSanctions(async ({ check }) => {
      expect(await check(['Blue Lantern'])).toMatchObject({ result: 'pass' });
      await install('sdn.csv', heron + row(2, 'BLUE LANTERN'), '2026-11-02');
      expect(await check(['Blue Lantern'])).toMatchObject({ result: 'flag', asOf: new Date('2026-11-02') });
      await install('alt.csv', '1,1,"aka","GRAY CRANE",-0- \n', '2026-11-02');
      expect(await check(['Gray Crane'])).toMatchObject({ result: 'flag' });
    });
  });

  test.each([
    ['is missing', null, 'sdn.csv is not in its folder'],
    ['is empty', '', 'sdn.csv holds no entries'],
    ['is a web page', '<html>Not here</html>', 'sdn.csv, record 1'],
    ['was cut off', heron.slice(0, 20), 'sdn.csv'],
  ])('nobody passes against a list that %s: the check was not made, and says why', async (_case, text, why) => {
    if (text !== null) await install('sdn.csv', text, '2026-11-01');
    await withSanctions(async ({ check }) => {
      expect(await check(['Acme Diner LLC'])).toEqual({
        check: 'sanctions',
        result: 'not_checked',
        detail: expect.stringContaining(`The sanctions list cannot be read: ${why}`),
        asOf: null,
      });
    });
  });

  test('a list that was replaced by an unreadable one is not used any more, until it is mended', async () => {
    await install('sdn.csv', heron, '2026-11-01');
    await withSanctions(async ({ check }) => {
      expect(await check(['Acme Diner LLC'])).toMatchObject({ result: 'pass' });
      await install('sdn.csv', '<html>Not here</html>', '2026-11-02');
      for (const name of ['Acme Diner LLC', 'Silver Heron Shipping']) {
        expect(await check([name])).toMatchObject({ result: 'not_checked' });
      }
      await install('sdn.csv', heron, '2026-11-03');
      expect(await check(['Acme Diner LLC'])).toMatchObject({ result: 'pass' });
    });
  });

  test('a list that does not answer in time leaves the check not made', async () => {
    await install('sdn.csv', heron, '2026-11-01');
    await withSanctions(
      async ({ check }) => {
        expect(await check(['Acme Diner LLC'])).toMatchObject({
          result: 'not_checked',
          detail: 'The sanctions list did not answer within 1 ms.',
        });
      },
      { deadlineMs: 1 },
    );
  });

  test('many checks at once are all answered, and one after the end is not made', async () => {
    await install('sdn.csv', heron, '2026-11-01');
    const sanctions = createSanctions({ folder, log });
    const results = await Promise.all(Array.from({ length: 50 }, (_, at) => sanctions.check([`Acme Diner ${at}`])));
    expect(new Set(results.map(({ result }) => result))).toEqual(new Set(['pass']));
    await sanctions.close();
    expect(await sanctions.check(['Acme Diner LLC'])).toMatchObject({ result: 'not_checked' });
  });
});
