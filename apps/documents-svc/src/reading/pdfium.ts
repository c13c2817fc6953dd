import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { init } from '@embedpdf/pdfium';

/** The functions that the reader uses. Handles and places in memory are numbers; 0 is none, and false. */
export type PdfiumFunctions = {
  FPDF_LoadMemDocument(place: number, bytes: number, password: number): number;
  FPDF_GetLastError(): number;
  FPDF_GetPageCount(document: number): number;
  FPDF_CloseDocument(document: number): void;
  FPDF_LoadPage(document: number, index: number): number;
  FPDF_ClosePage(page: number): void;
  FPDF_GetPageWidthF(page: number): number;
  FPDF_GetPageHeightF(page: number): number;
  /** Left, top, right and bottom as floats. */
  FPDF_GetPageBoundingBox(page: number, box: number): number;
  /** Quarter turns clockwise. */
  FPDFPage_GetRotation(page: number): number;
  FPDFPage_CountObjects(page: number): number;
  FPDFText_LoadPage(page: number): number;
  FPDFText_ClosePage(text: number): void;
  FPDFText_CountChars(text: number): number;
  FPDFText_GetUnicode(text: number, at: number): number;
  FPDFText_IsGenerated(text: number, at: number): number;
  FPDFText_GetTextObject(text: number, at: number): number;
  FPDFText_GetFontSize(text: number, at: number): number;
  /** Left, top, right and bottom as floats: as wide as the letter, as high as its font. */
  FPDFText_GetLooseCharBox(text: number, at: number, box: number): number;
  /** Two doubles. */
  FPDFText_GetCharOrigin(text: number, at: number, x: number, y: number): number;
  /** Six floats. */
  FPDFText_GetMatrix(text: number, at: number, matrix: number): number;
  malloc(bytes: number): number;
  free(place: number): void;
};

export type Pdfium = PdfiumFunctions & {
  /** The memory as it is now: it moves when it grows, so nobody keeps it. */
  bytes(): Uint8Array;
  floats(): Float32Array;
  doubles(): Float64Array;
};

const wasmPath = fileURLToPath(import.meta.resolve('@embedpdf/pdfium/pdfium.wasm'));

/**
 * A PDFium with memory of its own that grows with the files it reads and is given back with it. It has no JavaScript engine,
 * no files and no network; what a file makes it do stays within its memory.
 * @see https://pdfium.googlesource.com/pdfium/+/refs/heads/main/public/ for the functions
 */
export async function openPdfium(): Promise<Pdfium> {
  const { pdfium, PDFiumExt_Init } = await init({ wasmBinary: new Uint8Array(await readFile(wasmPath)).buffer });
  PDFiumExt_Init();
  // The library's own wrappers look a function up by its name at each call: for each letter that took longer than PDFium.
  const functions = pdfium.wasmExports as unknown as PdfiumFunctions;
  return {
    ...functions,
    bytes: () => pdfium.HEAPU8,
    floats: () => pdfium.HEAPF32,
    doubles: () => pdfium.HEAPF64,
  };
}
