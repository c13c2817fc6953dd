import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PDFDocument from 'pdfkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linesOf } from '../domain/statement/lines.ts';
import { openPdfFile } from './pdf-file.ts';
import { readPdfText } from './pdf-text.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pdf-text-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function drawn(draw: (doc: PDFKit.PDFDocument) => void): Promise<Buffer> {
  const doc = new PDFDocument({ size: 'LETTER', margin: 0 });
  const chunks: Buffer[] = [];
  const done = new Promise((resolve) => doc.on('end', resolve));
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  draw(doc);
  doc.end();
  await done;
  return Buffer.concat(chunks);
}

async function readBytes(bytes: Buffer) {
  const path = join(folder, 'drawn.pdf');
  await writeFile(path, bytes);
  const file = openPdfFile(path);
  try {
    return await readPdfText(file, 60);
  } finally {
    file.close();
  }
}

const read = async (draw: (doc: PDFKit.PDFDocument) => void) => readBytes(await drawn(draw));

async function textOf(draw: (doc: PDFKit.PDFDocument) => void) {
  const text = await read(draw);
  if (text.kind !== 'text') throw new Error(`it was ${text.kind}`);
  return text;
}

const put = (doc: PDFKit.PDFDocument, text: string, x: number, y: number) =>
  doc.font('Helvetica').fontSize(10).text(text, x, y, { lineBreak: false, baseline: 'alphabetic' });

/** The page's dictionary, for what pdfkit has no option for. */
const pageOf = (doc: PDFKit.PDFDocument) => doc.page.dictionary.data as Record<string, unknown>;

describe('Words stand where a person sees them', () => {
  test('in points from the top left corner, as high as their letters, also where letters are moved together', async () => {
    const { document } = await textOf((doc) => put(doc, 'PAYOUT TAX-AV 1,234.56', 100, 200));
    expect(document.pages).toEqual([{ width: 612, height: 792 }]);
    expect(document.items.map(({ text }) => text.trim())).toEqual(['PAYOUT', 'TAX-AV', '1,234.56']);
    for (const item of document.items) expect(item).toMatchObject({ page: 1, height: 10, y: expect.closeTo(200, 0) });
    expect(document.items[0]?.x).toBeCloseTo(100, 0);
  });

  test.each([90, 180, 270])('on a page that is shown turned by %d degrees', async (turn) => {
    const { document } = await textOf((doc) => {
      pageOf(doc).Rotate = turn;
      // Upright for who sees the turned page: written against its turn, beginning where 100, 200 is then.
      const [x = 0, y = 0] = { 90: [200, 692], 180: [512, 592], 270: [412, 100] }[turn] ?? [];
      doc.rotate(-turn, { origin: [x, y] });
      put(doc, 'Balance 12.00', x, y);
    });
    expect(document.pages).toEqual([turn === 180 ? { width: 612, height: 792 } : { width: 792, height: 612 }]);
    expect(document.items.map(({ text }) => text.trim())).toEqual(['Balance', '12.00']);
    expect(document.items[0]).toMatchObject({ x: expect.closeTo(100, 0), y: expect.closeTo(200, 0), height: 10 });
  });

  test('each up to its own right edge, whether a space follows it or the line ends', async () => {
    const { document } = await textOf((doc) => put(doc, '1,234.56 1,234.56', 100, 200));
    const [first, last] = linesOf(document)[0]?.words ?? [];
    const width = (last?.x1 ?? 0) - (last?.x0 ?? 0);
    expect(width).toBeGreaterThan(30);
    expect((first?.x1 ?? 0) - (first?.x0 ?? 0)).toBeCloseTo(width, 1);
  });

  test('from the corner of what a page shows, when it shows a part', async () => {
    const { document } = await textOf((doc) => {
      pageOf(doc).CropBox = [50, 92, 562, 742];
      put(doc, 'Balance', 100, 200);
    });
    expect(document.pages).toEqual([{ width: 512, height: 650 }]);
    expect(document.items[0]).toMatchObject({ x: expect.closeTo(50, 0), y: expect.closeTo(150, 0) });
  });

  test('on each page of its own', async () => {
    const { document } = await textOf((doc) => {
      put(doc, 'one', 100, 100);
      put(doc.addPage(), 'two', 100, 100);
    });
    expect(document.items.map(({ page, text }) => [page, text])).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
  });
});

test('a file has a limit of text for all of its pages together', async () => {
  const dense = (pages: number) =>
    read((doc) => {
      const line = '9'.repeat(2_000);
      for (let page = 0; page < pages; page += 1) {
        if (page > 0) doc.addPage();
        // Small enough to stand on the page: what lies outside of it is not read.
        doc.font('Helvetica').fontSize(0.5);
        for (let at = 0; at < 80; at += 1) doc.text(line, 0, at, { lineBreak: false });
      }
    });
  expect(await dense(3)).toMatchObject({ kind: 'text' });
  expect(await dense(4)).toMatchObject({ kind: 'malformed', detail: expect.stringContaining('more text') });
});

test('a page whose content is packed and empty is an empty page, not a damaged one', async () => {
  const written = await drawn((doc) => void doc.addPage());
  const at = written.indexOf('/Length');
  const begin = written.indexOf('stream', at) + 7;
  const end = written.indexOf('endstream', begin);
  // As long as before: what stands further down stays where the table of contents says.
  written.fill(' ', begin, end);
  expect(await readBytes(written)).toMatchObject({ kind: 'text', document: { items: [] } });
});

describe('What is no line of a statement is left out', () => {
  test('text along the margin', async () => {
    const { document } = await textOf((doc) => {
      put(doc, 'Balance', 100, 100);
      doc.rotate(90, { origin: [20, 300] });
      put(doc, 'FORM 7720', 20, 300);
    });
    expect(document.items.map(({ text }) => text)).toEqual(['Balance']);
  });

  test('drawings: a page of nothing else says so, when they are as many as letters', async () => {
    const drawing = (lines: number) =>
      textOf((doc) => {
        for (let at = 0; at < lines; at += 1) doc.moveTo(10, at).lineTo(600, at).stroke();
      });
    expect(await drawing(200)).toMatchObject({ document: { items: [] }, drawn: true });
    expect(await drawing(3)).toMatchObject({ document: { items: [] }, drawn: false });
  });
});
