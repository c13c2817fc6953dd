import { readFile } from 'node:fs/promises';
import { isStatement } from '../domain/statement/is-statement.ts';
import { readStatement } from '../domain/statement/read-statement.ts';
import { scannedStatement } from '../domain/statement/scanned-statement.ts';
import { frameFault, holdsImages } from './pdf-bytes.ts';
import { readPdfText } from './pdf-text.ts';
import type { ReadResult } from './read-result.ts';

export type ReadTask = { pdfPath: string; maxPages: number };

/** Reads one file inside a worker thread: from bytes to text with positions, to a statement with its rows. */
export async function readPdf({ pdfPath, maxPages }: ReadTask): Promise<ReadResult> {
  const bytes = await readFile(pdfPath);
  const fault = frameFault(bytes);
  if (fault !== null) return { kind: 'malformed', detail: fault };
  const text = await readPdfText(new Uint8Array(bytes), maxPages);
  if (text.kind !== 'text') return text;
  const pages = text.document.pages.length;
  if (!text.document.items.some((item) => item.text.trim() !== '')) {
    return text.drawn || holdsImages(bytes)
      ? { kind: 'statement', pages, ...scannedStatement() }
      : { kind: 'not-a-statement', pages, detail: 'The file has blank pages only' };
  }
  const read = readStatement(text.document);
  const verdict = isStatement(read);
  return verdict.accepted
    ? { kind: 'statement', pages, statement: read.statement, transactions: read.transactions }
    : { kind: 'not-a-statement', pages, detail: verdict.detail };
}
