import type { ProblemKind } from '@uw-wizard/shared/errors';

// Every way documents-svc says no. What deals-svc says about a deal (unknown, another merchant's, past its uploads) is
// passed on as it comes.

/** deals-svc's own words, for an id that it need not be asked about. */
export const DEAL_NOT_FOUND = {
  code: 'deal-not-found',
  status: 404,
  title: 'There is no such deal',
} satisfies ProblemKind;

export const DOCUMENT_NOT_FOUND = {
  code: 'document-not-found',
  status: 404,
  title: 'There is no such document',
} satisfies ProblemKind;

export const INVALID_MULTIPART = {
  code: 'invalid-multipart',
  status: 400,
  title: 'The body is not a whole multipart form',
} satisfies ProblemKind;

export const EXACTLY_THREE_PDFS = {
  code: 'exactly-three-pdfs',
  status: 422,
  title: 'Exactly three PDF files are needed',
} satisfies ProblemKind;

export const FILE_TOO_LARGE = {
  code: 'file-too-large',
  status: 413,
  title: 'A file is too large',
} satisfies ProblemKind;

export const NOT_A_PDF = { code: 'not-a-pdf', status: 415, title: 'A file is not a PDF' } satisfies ProblemKind;

export const PDF_MALFORMED = {
  code: 'pdf-malformed',
  status: 422,
  title: 'A PDF is damaged and cannot be read',
} satisfies ProblemKind;

export const PDF_ENCRYPTED = {
  code: 'pdf-encrypted',
  status: 422,
  title: 'A PDF needs a password',
} satisfies ProblemKind;

export const TOO_MANY_PAGES = {
  code: 'too-many-pages',
  status: 422,
  title: 'A PDF has too many pages',
} satisfies ProblemKind;

export const NOT_A_STATEMENT = {
  code: 'not-a-statement',
  status: 422,
  title: 'A file is not a bank statement',
} satisfies ProblemKind;

export const DUPLICATE_FILES = {
  code: 'duplicate-files',
  status: 422,
  title: 'The same file was sent more than once',
} satisfies ProblemKind;

export const MALWARE_FOUND = {
  code: 'malware-found',
  status: 422,
  title: 'The malware scan found something in a file',
} satisfies ProblemKind;

export const SCANNER_UNAVAILABLE = {
  code: 'scanner-unavailable',
  status: 503,
  title: 'The malware scanner does not answer',
} satisfies ProblemKind;

export const UPLOADS_BUSY = {
  code: 'uploads-busy',
  status: 503,
  title: 'Too many uploads are running',
} satisfies ProblemKind;
