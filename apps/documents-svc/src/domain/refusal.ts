import { DomainError, type ProblemKind } from '@uw-wizard/shared/errors';
import {
  DUPLICATE_FILES,
  EXACTLY_THREE_PDFS,
  FILE_TOO_LARGE,
  MALWARE_FOUND,
  NOT_A_PDF,
  NOT_A_STATEMENT,
  PDF_ENCRYPTED,
  PDF_MALFORMED,
  TOO_MANY_PAGES,
} from './errors.ts';

/** A file in the spool. `tooLarge`: it went on after the limit, and only its beginning was kept. */
export type ReceivedFile = {
  filename: string;
  path: string;
  sizeBytes: number;
  checksum: string;
  tooLarge: boolean;
  beginsLikePdf: boolean;
};

/** What a multipart form held. `fileCount` counts files of the field `files`; the fourth and later ones are not kept. */
export type ReceivedForm = { files: readonly ReceivedFile[]; fileCount: number; strayCount: number };

/** What reading said about one file, as far as it refuses it; `null`: nothing against it, or not read yet. */
export type ReadingFault =
  | { kind: 'malformed'; detail: string }
  | { kind: 'encrypted' }
  | { kind: 'too-many-pages'; pages: number }
  | { kind: 'not-a-statement'; detail: string };

/** Why the form is refused before any file is opened; null when it is not. One code for the whole upload, in the contract's order. */
export function formRefusal(form: ReceivedForm, limits: { maxFileBytes: number }): DomainError | null {
  if (form.fileCount !== 3 || form.strayCount > 0) {
    const stray = form.strayCount === 0 ? '' : ` and ${form.strayCount} in other fields`;
    return new DomainError(
      EXACTLY_THREE_PDFS,
      `Send exactly 3 PDF files in the field "files", one statement each; ${form.fileCount} came${stray}.`,
      { extensions: { file_count: form.fileCount } },
    );
  }
  const mib = limits.maxFileBytes / 1024 / 1024;
  return (
    refuse(FILE_TOO_LARGE, form.files.filter(isTooLarge), `is larger than ${mib} MiB. Send smaller files.`) ??
    refuse(NOT_A_PDF, form.files.filter(isNoPdf), 'is not a PDF by its content. Send PDF files.')
  );
}

/** Why the files are refused after reading; the first of the contract's codes that applies to any file. */
export function readingRefusal(
  files: readonly ReceivedFile[],
  faults: readonly (ReadingFault | null)[],
  limits: { maxPages: number },
): DomainError | null {
  const having = (kind: ReadingFault['kind']) => files.filter((_, at) => faults[at]?.kind === kind);
  return (
    refuse(PDF_MALFORMED, having('malformed'), 'is damaged or cut off. Download it from the bank again.') ??
    refuse(PDF_ENCRYPTED, having('encrypted'), 'needs a password. Send it without one.') ??
    refuse(
      TOO_MANY_PAGES,
      having('too-many-pages'),
      `has more than ${limits.maxPages} pages. Send one month per file.`,
    ) ??
    refuse(NOT_A_STATEMENT, having('not-a-statement'), 'is not a bank statement. Send one statement per file.') ??
    refuse(DUPLICATE_FILES, repeated(files), 'was sent more than once. Send three different months.')
  );
}

/** The refusal of files in which the scanner found something. */
export function malwareRefusal(infected: readonly ReceivedFile[]): DomainError | null {
  return refuse(MALWARE_FOUND, infected, 'was found to be infected. Nothing of the upload was kept.');
}

function refuse(kind: ProblemKind, files: readonly ReceivedFile[], what: string): DomainError | null {
  if (files.length === 0) return null;
  const names = [...new Set(files.map(({ filename }) => `"${filename}"`))].join(', ');
  return new DomainError(kind, `${names} ${what}`);
}

function isTooLarge(file: ReceivedFile): boolean {
  return file.tooLarge;
}

function isNoPdf(file: ReceivedFile): boolean {
  return !file.beginsLikePdf;
}

function repeated(files: readonly ReceivedFile[]): ReceivedFile[] {
  return files.filter(({ checksum }) => files.filter((other) => other.checksum === checksum).length > 1);
}
