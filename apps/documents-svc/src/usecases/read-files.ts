import type { Analysis } from '@uw-wizard/shared/contracts/statement';
import { NOT_A_STATEMENT, PDF_ENCRYPTED, PDF_MALFORMED, TOO_MANY_PAGES } from '../domain/errors.ts';
import { compareHolder } from '../domain/holder.ts';
import type { ReadingFault } from '../domain/refusal.ts';
import { analyseStatements } from '../domain/statement/analyse-statements.ts';
import { type ReadDocument, type StoredDocument, unreadableStatement } from '../domain/statement-set.ts';
import type { ReadResult } from '../reading/read-result.ts';
import type { Reader } from './ports.ts';
import { soundReading } from './sound-reading.ts';

/**
 * Reads every file, the same content once. A file that is not finished when `signal` aborts gives null; anything else that
 * keeps a file from being read is thrown.
 */
export async function readFiles(
  reader: Reader,
  files: readonly { path: string; checksum: string }[],
  signal: AbortSignal,
): Promise<(ReadResult | null)[]> {
  const readings = new Map<string, Promise<ReadResult | null>>();
  for (const { path, checksum } of files) {
    if (readings.has(checksum)) continue;
    const reading = reader
      .read(path, { signal })
      .then(soundReading)
      .catch((error: unknown) => {
        if (signal.aborted) return null;
        throw error;
      });
    readings.set(checksum, reading);
  }
  return Promise.all(files.map(async ({ checksum }) => (await readings.get(checksum)) ?? null));
}

/** What a reading has against its file; null when it is a statement, or was not finished. */
export function faultOf(result: ReadResult | null): ReadingFault | null {
  return result === null || result.kind === 'statement' ? null : result;
}

/** A stored document with what was read in it; a file that turned out to be unreadable says so in its statement's flags. */
export function toReadDocument(document: StoredDocument, result: ReadResult, legalName: string): ReadDocument {
  const pages = 'pages' in result ? result.pages : null;
  if (result.kind === 'statement') {
    const statement = compareHolder(result.statement, legalName);
    return { ...document, pages, statement, transactions: result.transactions };
  }
  const { code, title } = unreadable[result.kind];
  const detail = 'detail' in result ? result.detail : `${title}.`;
  return { ...document, pages, statement: unreadableStatement(code, detail), transactions: [] };
}

/** The flag says what an upload would have been refused with, had the file been read in time. */
const unreadable = {
  malformed: PDF_MALFORMED,
  encrypted: PDF_ENCRYPTED,
  'too-many-pages': TOO_MANY_PAGES,
  'not-a-statement': NOT_A_STATEMENT,
};

/** What the documents say together. */
export function analyse(documents: readonly ReadDocument[]): Analysis {
  return analyseStatements(
    documents.flatMap(({ statement, transactions }) =>
      statement === null ? [] : [{ statement, transactions: [...transactions] }],
    ),
  );
}
