import type { TextItem } from '../domain/statement/model.ts';
import type { Pdfium } from './pdfium.ts';

/** A gap wider than this share of the letters' height ends a word even when no space was written; letters may also overlap. */
const WORD_GAP = 0.15;
const MAX_OVERLAP = 0.5;
/** What PDFium puts for the hyphen at a line's end. */
const HYPHENS = new Set([0x2, 0xfffe]);
/** Six floats for a matrix, two doubles for a place. */
const PLACE_BYTES = 6 * 4 + 2 * 8;

type Place = { x: number; y: number };

/** A page that is open, and how its places are turned into what a person sees: origin at the top left, upright. */
export type PageView = { width: number; height: number; place(x: number, y: number): Place };

/** The page's size and direction as it is shown: `/Rotate` turns it, its crop box cuts it out. */
export function viewOf(pdfium: Pdfium, page: number): PageView {
  const at = pdfium.malloc(16);
  pdfium.FPDF_GetPageBoundingBox(page, at);
  const [left = 0, top = 0, right = 0, bottom = 0] = pdfium.floats().subarray(at >> 2, (at >> 2) + 4);
  pdfium.free(at);
  const quarter = pdfium.FPDFPage_GetRotation(page);
  const place = (x: number, y: number): Place => {
    if (quarter === 1) return { x: y - bottom, y: x - left };
    if (quarter === 2) return { x: right - x, y: y - bottom };
    if (quarter === 3) return { x: top - y, y: right - x };
    return { x: x - left, y: top - y };
  };
  return { width: pdfium.FPDF_GetPageWidthF(page), height: pdfium.FPDF_GetPageHeightF(page), place };
}

/**
 * The words of an open page where they stand, and how many letters it has; no words when it has more than `limit`. Null when
 * its text cannot be read.
 */
export function textOfPage(
  pdfium: Pdfium,
  page: number,
  view: PageView,
  options: { number: number; limit: number },
): { letters: number; words: TextItem[] } | null {
  const text = pdfium.FPDFText_LoadPage(page);
  if (text === 0) return null;
  const memory = pdfium.malloc(PLACE_BYTES);
  try {
    const letters = pdfium.FPDFText_CountChars(text);
    if (letters < 0) return null;
    if (letters > options.limit) return { letters, words: [] };
    return { letters, words: collectWords({ pdfium, text, count: letters, view, memory, page: options.number }) };
  } finally {
    pdfium.free(memory);
    pdfium.FPDFText_ClosePage(text);
  }
}

type Letters = { pdfium: Pdfium; text: number; count: number; view: PageView; memory: number; page: number };

function collectWords(letters: Letters): TextItem[] {
  const { pdfium, text, count, page } = letters;
  const words: TextItem[] = [];
  let word: (TextItem & { height: number }) | null = null;
  let run = 0;
  let runHeight: number | null = null;
  const end = (after: '' | ' ') => {
    if (word !== null && after !== '') {
      // A run's letters are taken to be equally wide: the space must not take from the word's.
      word.width += word.width / word.text.length;
      word.text += after;
    }
    word = null;
  };
  for (let at = 0; at < count; at += 1) {
    const code = pdfium.FPDFText_GetUnicode(text, at);
    if (pdfium.FPDFText_IsGenerated(text, at) === 1) continue;
    const object = pdfium.FPDFText_GetTextObject(text, at);
    if (object !== run) {
      end('');
      run = object;
      runHeight = uprightHeight(letters, at);
    }
    // Text that does not run from left to right (a form number along the margin) belongs to no line.
    if (runHeight === null) continue;
    const letter = letterOf(code);
    if (letter === '') {
      end(' ');
      continue;
    }
    const { left, right } = edgesOf(letters, at);
    const gap: number = word === null ? 0 : left - word.x - word.width;
    if (gap > runHeight * WORD_GAP || gap < -runHeight * MAX_OVERLAP) end(' ');
    if (word === null) {
      word = { page, x: left, y: baselineOf(letters, at), width: 0, height: runHeight, text: '' };
      words.push(word);
    }
    word.text += letter;
    word.width = right - word.x;
  }
  return words;
}

function letterOf(code: number): string {
  if (HYPHENS.has(code)) return '-';
  if (code <= 0x20 || code > 0x10ffff) return '';
  return String.fromCodePoint(code).trim();
}

/** The height of a run's letters in points, or null when the run does not stand upright on the page as it is shown. */
function uprightHeight({ pdfium, text, view, memory }: Letters, at: number): number | null {
  if (pdfium.FPDFText_GetMatrix(text, at, memory) === 0) return null;
  const [a = 0, b = 0, c = 0, d = 0] = pdfium.floats().subarray(memory >> 2, (memory >> 2) + 4);
  const zero = view.place(0, 0);
  const along = view.place(a, b);
  const [right, down] = [along.x - zero.x, along.y - zero.y];
  if (right <= 0 || Math.abs(down) > right * 0.1) return null;
  return Math.abs(pdfium.FPDFText_GetFontSize(text, at)) * Math.hypot(c, d);
}

function edgesOf({ pdfium, text, view, memory }: Letters, at: number): { left: number; right: number } {
  pdfium.FPDFText_GetLooseCharBox(text, at, memory);
  const [left = 0, top = 0, right = 0, bottom = 0] = pdfium.floats().subarray(memory >> 2, (memory >> 2) + 4);
  const [one, other] = [view.place(left, top).x, view.place(right, bottom).x];
  return { left: Math.min(one, other), right: Math.max(one, other) };
}

function baselineOf({ pdfium, text, view, memory }: Letters, at: number): number {
  pdfium.FPDFText_GetCharOrigin(text, at, memory, memory + 8);
  const [x = 0, y = 0] = pdfium.doubles().subarray(memory >> 3, (memory >> 3) + 2);
  return view.place(x, y).y;
}
