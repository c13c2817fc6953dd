import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { getDocument, PasswordException, Util, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { DocumentText, TextItem } from '../domain/statement/model.ts';
import type { PdfFile } from './pdf-file.ts';

/** A page of a dense statement has about 1,500 runs of text; files far beyond it are built to exhaust the reader. */
const MAX_ITEMS = 200_000;
/** More drawing than this on a page without text or pictures: letters drawn as shapes, so a scan rather than a blank page. */
const MIN_SHAPE_OPERATIONS = 60;

export type PdfText =
  | { kind: 'malformed'; detail: string }
  | { kind: 'encrypted' }
  | { kind: 'too-many-pages'; pages: number }
  | { kind: 'text'; document: DocumentText; drawn: boolean };

const packageFolder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));

/**
 * The text of a PDF with its positions. Nothing in the file is evaluated, no font is loaded, nothing is fetched; the first
 * broken object makes the file `malformed` instead of being skipped. `drawn` says that a file without text has drawings.
 */
export async function readPdfText(file: PdfFile, maxPages: number): Promise<PdfText> {
  const loading = getDocument({
    // pdf.js takes this memory over, without a copy.
    data: file.readWhole(),
    cMapUrl: join(packageFolder, 'cmaps/'),
    cMapPacked: true,
    disableFontFace: true,
    enableXfa: false,
    isOffscreenCanvasSupported: false,
    maxImageSize: 1,
    stopAtErrors: true,
    useSystemFonts: false,
    useWasm: false,
    useWorkerFetch: false,
    verbosity: VerbosityLevel.ERRORS,
  });
  try {
    const pdf = await loading.promise;
    if (pdf.numPages > maxPages) return { kind: 'too-many-pages', pages: pdf.numPages };
    return await textOf(pdf);
  } catch (error) {
    if (error instanceof PasswordException) return { kind: 'encrypted' };
    return {
      kind: 'malformed',
      detail: `The file is damaged: ${error instanceof Error ? error.message : String(error)}`,
    };
  } finally {
    await loading.destroy();
  }
}

async function textOf(pdf: PDFDocumentProxy): Promise<PdfText> {
  const document: DocumentText = { pages: [], items: [] };
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number);
    const { width, height } = page.getViewport({ scale: 1 });
    document.pages.push({ width, height });
    const before = document.items.length;
    for (const item of await itemsOf(page, number)) document.items.push(item);
    if (document.items.length > MAX_ITEMS)
      return { kind: 'malformed', detail: 'The file has more text than a statement can have' };
    if (document.items.length > before) page.cleanup();
  }
  return {
    kind: 'text',
    document,
    drawn: !document.items.some(({ text }) => text.trim() !== '') && (await hasShapes(pdf)),
  };
}

async function itemsOf(page: PDFPageProxy, number: number): Promise<TextItem[]> {
  const { transform } = page.getViewport({ scale: 1 });
  const content = await page.getTextContent();
  const items: TextItem[] = [];
  for (const item of content.items) {
    if (!('str' in item) || item.str === '') continue;
    const [a = 0, b = 0, , , x = 0, y = 0] = Util.transform(transform, item.transform);
    // Text that does not run from left to right (a form number along the margin) belongs to no line.
    if (a <= 0 || Math.abs(b) > a * 0.1) continue;
    items.push({ page: number, x, y, width: item.width, height: item.height || a, text: item.str });
  }
  return items;
}

async function hasShapes(pdf: PDFDocumentProxy): Promise<boolean> {
  const first = await pdf.getPage(1);
  return (await first.getOperatorList()).fnArray.length >= MIN_SHAPE_OPERATIONS;
}
