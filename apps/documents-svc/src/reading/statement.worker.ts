import { isStatement } from '../domain/statement/is-statement.ts';
import { readStatement } from '../domain/statement/read-statement.ts';
import { scannedStatement } from '../domain/statement/scanned-statement.ts';
import { frameFault, holdsImages } from './pdf-bytes.ts';
import { openPdfFile, type PdfFile } from './pdf-file.ts';
import { readPdfText } from './pdf-text.ts';
import type { ReadResult } from './read-result.ts';

const LARGE_BYTES = 2 * 1024 * 1024;

export type ReadTask = { pdfPath: string; maxPages: number };

/** Reads one file inside a worker thread: from bytes to text with positions, to a statement with its rows. */
export async function readPdf({ pdfPath, maxPages }: ReadTask): Promise<ReadResult> {
  const file = openPdfFile(pdfPath);
  try {
    return await readFile(file, maxPages);
  } finally {
    file.close();
    if (file.sizeBytes > LARGE_BYTES) collectGarbage();
  }
}

async function readFile(file: PdfFile, maxPages: number): Promise<ReadResult> {
  const fault = frameFault(file);
  if (fault !== null) return { kind: 'malformed', detail: fault };
  const text = await readPdfText(file, maxPages);
  if (text.kind !== 'text') return text;
  const pages = text.document.pages.length;
  if (!text.document.items.some((item) => item.text.trim() !== '')) {
    return text.drawn || holdsImages(file)
      ? { kind: 'statement', pages, ...scannedStatement() }
      : { kind: 'not-a-statement', pages, detail: 'The file has blank pages only' };
  }
  const read = readStatement(text.document);
  const verdict = isStatement(read);
  return verdict.accepted
    ? { kind: 'statement', pages, statement: read.statement, transactions: read.transactions }
    : { kind: 'not-a-statement', pages, detail: verdict.detail };
}

/**
 * Lets go of this thread's unused memory now, in some 20 ms. V8 lets about 64 MiB of memory outside its heap gather before it
 * looks by itself: four large files, in each thread.
 */
function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('Threads that read statements are started with --expose-gc');
  globalThis.gc();
}
