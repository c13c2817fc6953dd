import type { PdfFile } from './pdf-file.ts';

const HEADER_SEARCH_BYTES = 1024;
/** Readers accept some bytes after the last line, and so do banks' portals that append to it. */
const TRAILER_SEARCH_BYTES = 2048;
const PIECE_BYTES = 256 * 1024;
const OVERLAP_BYTES = 256;

/**
 * What is wrong with a file's frame, or null when it has its beginning and its end. Readers repair files that were cut off by
 * collecting the objects that are left; half a statement would then read as a whole one. So the end is checked before parsing:
 * the last lines (`startxref`, `%%EOF`), where they point, and the length that a web-optimised file declares.
 * @see ISO 32000-2, 7.5.5 (file trailer) and annex F (linearized files)
 */
export function frameFault(file: PdfFile): string | null {
  const head = file.read(0, 2 * HEADER_SEARCH_BYTES);
  const header = head.subarray(0, HEADER_SEARCH_BYTES).indexOf('%PDF-');
  if (header < 0) return 'The file does not begin like a PDF';
  const tail = textOf(file, file.sizeBytes - TRAILER_SEARCH_BYTES, file.sizeBytes);
  const end = /startxref\s+(\d+)\s+%%EOF/g;
  const last = [...tail.matchAll(end)].at(-1);
  if (last?.[1] === undefined) return 'The end of the file is missing: it was cut off';
  const declared = declaredLength(head.subarray(header, header + HEADER_SEARCH_BYTES).toString('latin1'));
  if (declared !== null && declared > file.sizeBytes) return 'The file is shorter than it says: it was cut off';
  return pointsToReferences(file, header, Number(last[1])) || isWhole(file)
    ? null
    : 'Parts of the file are missing: its table of contents points to nothing';
}

/** Whether the file holds pictures. Picture dictionaries are never compressed, so their mark stands in the bytes. */
export function holdsImages(file: PdfFile): boolean {
  // A mark that lies across two pieces is whole in the next one, which begins a little before the end of the last.
  for (let begin = 0; begin < file.sizeBytes; begin += PIECE_BYTES) {
    if (/\/Subtype\s*\/Image\b/.test(textOf(file, begin, begin + PIECE_BYTES + OVERLAP_BYTES))) return true;
  }
  return false;
}

function textOf(file: PdfFile, begin: number, end: number): string {
  return file.read(begin, end).toString('latin1');
}

function declaredLength(head: string): number | null {
  const found = /\/Linearized\b[^>]*?\/L\s+(\d+)/.exec(head);
  return found?.[1] === undefined ? null : Number(found[1]);
}

function pointsToReferences(file: PdfFile, header: number, offset: number): boolean {
  return [offset, offset + header].some((at) => /^\s*(xref|\d+\s+\d+\s+obj)\b/.test(textOf(file, at, at + 40)));
}

/**
 * Files made by hand often have wrong offsets and are whole all the same: then every object that begins must also end, and every
 * object that is referred to must be there (unless objects are packed into streams, where they cannot be seen).
 */
function isWhole(file: PdfFile): boolean {
  const text = textOf(file, 0, file.sizeBytes);
  const begun = [...text.matchAll(/\b(\d+)\s+(\d+)\s+obj\b/g)].map(([, number]) => number);
  const ended = text.match(/\bendobj\b/g)?.length ?? 0;
  if (begun.length === 0 || begun.length !== ended) return false;
  if (text.includes('/ObjStm')) return true;
  const known = new Set(begun);
  return [...text.matchAll(/\b(\d+)\s+\d+\s+R\b/g)].every(([, number]) => known.has(number));
}
