import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as bad from '@uw-wizard/testkit/statements/bad-files';
import { generateStatements } from '@uw-wizard/testkit/statements/generate-statements';
import { largeStatement } from '@uw-wizard/testkit/statements/large-statement';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStatementReader } from './create-statement-reader.ts';

let folder = '';
let good = '';
const reader = createStatementReader({ maxThreads: 1 });

async function saved(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reader-'));
  const [file] = await generateStatements({ seed: 5, legalName: 'Prairie Bakery LLC', months: 1 });
  good = await saved('good.pdf', file?.pdf ?? Buffer.alloc(0));
});
afterAll(async () => {
  await reader.close();
  await rm(folder, { recursive: true });
});

test('a statement of megabytes is read like any other', async () => {
  const path = await saved('large.pdf', await largeStatement(await readFile(good), 4 * 1024 * 1024));
  expect(await reader.read(path)).toMatchObject({ kind: 'statement', pages: 3 });
});

describe('Files that are no readable statement get an answer, never an exception', () => {
  test('a PDF that needs a password is encrypted', async () => {
    expect(await reader.read(await saved('locked.pdf', await bad.encryptedPdf()))).toEqual({ kind: 'encrypted' });
  });

  test("a PDF with only an owner's password opens like any other", async () => {
    expect(await reader.read(await saved('owner.pdf', await bad.ownerProtectedPdf()))).toMatchObject({
      kind: 'statement',
      statement: { account_last4: '7890', beginning_balance_cents: 100_000 },
    });
  });

  test.each([0.5, 0.9, 0.99])(
    'a statement cut off after %d of its length is malformed, not half a statement',
    async (share) => {
      const [file] = await generateStatements({ seed: 5, legalName: 'Prairie Bakery LLC', months: 1 });
      const pdf = file?.pdf ?? Buffer.alloc(0);
      const cut = await saved('cut.pdf', pdf.subarray(0, Math.floor(pdf.length * share)));
      expect(await reader.read(cut)).toMatchObject({ kind: 'malformed' });
    },
  );

  test('a statement with a piece missing in its middle is malformed', async () => {
    const [file] = await generateStatements({ seed: 5, legalName: 'Prairie Bakery LLC', months: 1 });
    const pdf = file?.pdf ?? Buffer.alloc(0);
    const holed = Buffer.concat([pdf.subarray(0, 1000), pdf.subarray(2500)]);
    expect(await reader.read(await saved('holed.pdf', holed))).toMatchObject({ kind: 'malformed' });
  });

  test('a statement of which one byte changed is malformed where it is packed, wherever the byte is', async () => {
    const [file] = await generateStatements({ seed: 5, legalName: 'Prairie Bakery LLC', months: 1 });
    const pdf = file?.pdf ?? Buffer.alloc(0);
    const begin = pdf.indexOf('stream') + 7;
    const end = pdf.indexOf('endstream') - 1;
    for (let part = 0; part < 10; part += 1) {
      const changed = Buffer.from(pdf);
      const at = begin + 3 + Math.floor(((end - begin - 3) * part) / 10);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(await reader.read(await saved('changed.pdf', changed))).toMatchObject({ kind: 'malformed' });
    }
  });

  test.each([
    ['a picture named .pdf', bad.pngNamedPdf()],
    ['an empty file', Buffer.alloc(0)],
    ['noise that begins like a PDF', Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(4000, 'x y z ')])],
    ['noise that begins and ends like a PDF', Buffer.from('%PDF-1.7\n1 0 obj\nendobj\nstartxref\n9\n%%EOF\n')],
  ])('%s is malformed', async (_, bytes) => {
    expect(await reader.read(await saved('noise.pdf', bytes))).toMatchObject({ kind: 'malformed' });
  });

  test('an invoice is not a statement', async () => {
    expect(await reader.read(await saved('invoice.pdf', await bad.invoicePdf()))).toMatchObject({
      kind: 'not-a-statement',
      pages: 1,
      detail: expect.stringContaining('invoice'),
    });
  });

  test('blank pages are not a statement, a page that is a picture is one without figures', async () => {
    expect(await reader.read(await saved('blank.pdf', await bad.blankPdf()))).toMatchObject({
      kind: 'not-a-statement',
    });
    expect(await reader.read(await saved('scan.pdf', await bad.scannedPdf()))).toMatchObject({
      kind: 'statement',
      statement: { bank: null, transaction_count: null, reconciled: false, flags: [{ code: 'no-text-layer' }] },
    });
  });

  test('more pages than allowed are counted and not read', async () => {
    const short = createStatementReader({ maxThreads: 1, maxPages: 1 });
    expect(await short.read(good)).toEqual({ kind: 'too-many-pages', pages: 2 });
    await short.close();
  });
});

describe('A file cannot hold the service up', () => {
  test('one that takes too long is malformed, and the next one is read', async () => {
    const hasty = createStatementReader({ maxThreads: 1, deadlineMs: 1 });
    expect(await hasty.read(good)).toMatchObject({
      kind: 'malformed',
      detail: expect.stringContaining('longer than 1 ms'),
    });
    await hasty.close();
    expect(await reader.read(good)).toMatchObject({ kind: 'statement' });
  });

  test('a small file that unpacks to hundreds of megabytes is malformed, and the next one is read', {
    timeout: 60_000,
  }, async () => {
    const guarded = createStatementReader({ maxThreads: 1, growthMb: 100 });
    expect(await guarded.read(await saved('bomb.pdf', await bad.unpackingPdf(400)))).toEqual({
      kind: 'malformed',
      detail: 'The file takes too much memory to read',
    });
    expect(await guarded.read(good)).toMatchObject({ kind: 'statement' });
    await guarded.close();
  });

  test('a reader that was told to stop rejects with the reason', async () => {
    await expect(reader.read(good, { signal: AbortSignal.abort(new Error('the client left')) })).rejects.toThrow(
      'the client left',
    );
  });

  test('who stops waiting for a thread is let go at once, not when a slow file is done', async () => {
    const left = new AbortController();
    const slow = reader.read(good).then(() => 'the file before it was read');
    const waiting = reader.read(good, { signal: left.signal }).catch((error: Error) => error.message);
    left.abort(new Error('the client left'));
    expect(await Promise.race([waiting, slow])).toBe('the client left');
    await slow;
  });

  test('a file that is not there is an error of ours, not of its content', async () => {
    await expect(reader.read(join(folder, 'missing.pdf'))).rejects.toThrow('ENOENT');
  });

  test('many files at once are all read', async () => {
    const results = await Promise.all(Array.from({ length: 12 }, () => reader.read(good)));
    expect(results.map(({ kind }) => kind)).toEqual(Array(12).fill('statement'));
  });
});
