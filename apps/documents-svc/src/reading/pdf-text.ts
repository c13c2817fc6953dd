import type { DocumentText } from '../domain/statement/model.ts';
import { textOfPage, viewOf } from './page-text.ts';
import type { PdfFile } from './pdf-file.ts';
import { packedFault } from './pdf-streams.ts';
import { openPdfium, type Pdfium } from './pdfium.ts';

/** Of a whole file. A page of a dense statement has about 5,000; files far beyond it are built to exhaust the reader. */
const MAX_LETTERS = 600_000;
/** More drawing than this on a page without text or pictures: letters drawn as shapes, so a scan rather than a blank page. */
const MIN_SHAPES = 30;
/** What PDFium keeps after files of the usual size; one that needed more is given back whole. */
const KEPT_BYTES = 64 * 1024 * 1024;

/** @see https://pdfium.googlesource.com/pdfium/+/refs/heads/main/public/fpdfview.h, FPDF_GetLastError */
const NEEDS_PASSWORD = 4;
const UNKNOWN_ENCRYPTION = 5;

export type PdfText =
  | { kind: 'malformed'; detail: string }
  | { kind: 'encrypted' }
  | { kind: 'too-many-pages'; pages: number }
  | { kind: 'text'; document: DocumentText; drawn: boolean };

let current: Promise<Pdfium> | undefined;

/**
 * The text of a PDF with its positions. Nothing in the file is evaluated, nothing is fetched; a page that cannot be opened
 * makes the file `malformed` instead of being skipped. `drawn` says that a file without text has drawings.
 */
export async function readPdfText(file: PdfFile, maxPages: number): Promise<PdfText> {
  current ??= openPdfium();
  const pdfium = await current;
  try {
    const text = readWith(pdfium, file, maxPages);
    if (pdfium.bytes().byteLength > KEPT_BYTES) current = undefined;
    return text;
  } catch (error) {
    // What stopped half-way inside is in no state to read another file.
    current = undefined;
    if (!(error instanceof Error && error.name === 'RuntimeError')) throw error;
    return { kind: 'malformed', detail: `The file is damaged: ${error.message}` };
  }
}

function readWith(pdfium: Pdfium, file: PdfFile, maxPages: number): PdfText {
  const memory = pdfium.malloc(file.sizeBytes);
  if (memory === 0) return { kind: 'malformed', detail: 'The file takes too much memory to read' };
  let document = 0;
  try {
    const bytes = Buffer.from(pdfium.bytes().buffer, memory, file.sizeBytes);
    file.readInto(bytes);
    const fault = packedFault(bytes);
    if (fault !== null) return { kind: 'malformed', detail: fault };
    document = pdfium.FPDF_LoadMemDocument(memory, file.sizeBytes, 0);
    if (document === 0) return refusal(pdfium.FPDF_GetLastError());
    const pages = pdfium.FPDF_GetPageCount(document);
    return pages > maxPages ? { kind: 'too-many-pages', pages } : textOf(pdfium, document, pages);
  } finally {
    if (document !== 0) pdfium.FPDF_CloseDocument(document);
    pdfium.free(memory);
  }
}

function refusal(error: number): PdfText {
  if (error === NEEDS_PASSWORD || error === UNKNOWN_ENCRYPTION) return { kind: 'encrypted' };
  return { kind: 'malformed', detail: 'The file is damaged: its objects cannot be found' };
}

function textOf(pdfium: Pdfium, document: number, pages: number): PdfText {
  const text: DocumentText = { pages: [], items: [] };
  let letters = 0;
  let shapes = 0;
  for (let number = 1; number <= pages; number += 1) {
    const page = pdfium.FPDF_LoadPage(document, number - 1);
    if (page === 0) return { kind: 'malformed', detail: `The file is damaged: page ${number} cannot be opened` };
    try {
      const view = viewOf(pdfium, page);
      const read = textOfPage(pdfium, page, view, { number, limit: MAX_LETTERS - letters });
      if (read === null) return { kind: 'malformed', detail: `The file is damaged: page ${number} cannot be read` };
      letters += read.letters;
      if (letters > MAX_LETTERS)
        return { kind: 'malformed', detail: 'The file has more text than a statement can have' };
      text.pages.push({ width: view.width, height: view.height });
      for (const word of read.words) text.items.push(word);
      if (number === 1) shapes = pdfium.FPDFPage_CountObjects(page);
    } finally {
      pdfium.FPDF_ClosePage(page);
    }
  }
  return { kind: 'text', document: text, drawn: text.items.length === 0 && shapes >= MIN_SHAPES };
}
