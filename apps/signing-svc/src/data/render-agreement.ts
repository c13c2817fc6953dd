import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import PDFDocument from 'pdfkit';
import type { Agreement, Section, Signature } from '../domain/agreement.ts';

type Fonts = { readonly regular: string; readonly bold: string };

// Every viewer has these; they cover Western Latin (Windows-1252).
const builtIn: Fonts = { regular: 'Helvetica', bold: 'Helvetica-Bold' };

// Of the same widths, with all of Latin, Greek and Cyrillic: a built-in font would garble such a name. Reading and
// embedding them takes longer than the rest of the document.
const embedded: Fonts = {
  regular: fileURLToPath(import.meta.resolve('pdfjs-dist/standard_fonts/LiberationSans-Regular.ttf')),
  bold: fileURLToPath(import.meta.resolve('pdfjs-dist/standard_fonts/LiberationSans-Bold.ttf')),
};

/** What Windows-1252 has beyond Latin-1. */
const beyondLatin1 = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';

function fontsFor(agreement: Agreement): Fonts {
  const isBuiltIn = [...JSON.stringify(agreement)].every((char) => char <= '\u00ff' || beyondLatin1.includes(char));
  return isBuiltIn ? builtIn : embedded;
}

const labelWidth = 210;

/**
 * The agreement as a PDF of US letter pages. The same agreement gives the same bytes, so that a repeat after a crash stores
 * and sends the same document. `createdAt` goes into the document's properties.
 */
export async function renderAgreement(agreement: Agreement, createdAt: Date): Promise<Buffer> {
  const fonts = fontsFor(agreement);
  // Under the names they are found by: pdfkit reads a font's figures anew for every other name it is given.
  const doc = new PDFDocument({
    size: 'LETTER',
    font: fonts.regular,
    margins: { top: 64, bottom: 64, left: 64, right: 64 },
    bufferPages: true,
    info: { Title: agreement.title, Subject: agreement.reference, CreationDate: createdAt, ModDate: createdAt },
  });
  const bytes = collect(doc);
  doc.font(fonts.bold).fontSize(16).text(agreement.title);
  doc.font(fonts.regular).fontSize(9).text(`Agreement ${agreement.reference}`).text(`Dated ${agreement.date}`);
  for (const section of agreement.sections) writeSection(doc, fonts, section);
  for (const signature of agreement.signatures) writeSignature(doc, fonts, signature);
  numberPages(doc, fonts, agreement.reference);
  doc.end();
  return bytes;
}

/** Hex SHA-256, by which stored documents are named. */
export function checksumOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

type Doc = PDFKit.PDFDocument;

function writeSection(doc: Doc, fonts: Fonts, section: Section): void {
  doc.moveDown(1).font(fonts.bold).fontSize(11).text(section.heading).moveDown(0.3);
  const left = doc.page.margins.left;
  const width = doc.page.width - left - doc.page.margins.right;
  for (const [label, value] of section.rows ?? []) {
    const height = Math.max(heightOf(doc, fonts, label, labelWidth), heightOf(doc, fonts, value, width - labelWidth));
    if (doc.y + height > doc.page.height - doc.page.margins.bottom) doc.addPage();
    const top = doc.y;
    doc.font(fonts.regular).fontSize(9.5);
    doc.text(label, left, top, { width: labelWidth - 10 });
    doc.font(fonts.bold).text(value, left + labelWidth, top, { width: width - labelWidth });
    doc.x = left;
    doc.y = top + height + 2;
  }
  for (const paragraph of section.paragraphs ?? []) {
    doc.font(fonts.regular).fontSize(9.5).text(paragraph, left, doc.y, { width, align: 'left' }).moveDown(0.5);
  }
}

/** The anchors are white: there for the provider to find, not for the eye. */
function writeSignature(doc: Doc, fonts: Fonts, { party, name, signAnchor, dateAnchor }: Signature): void {
  const left = doc.page.margins.left;
  if (doc.y + 110 > doc.page.height - doc.page.margins.bottom) doc.addPage();
  doc.moveDown(1).font(fonts.bold).fontSize(11).text(party, left).moveDown(1.5);
  const top = doc.y;
  doc.font(fonts.regular).fontSize(9.5).fillColor('white');
  doc.text(signAnchor, left, top, { lineBreak: false }).text(dateAnchor, left + 300, top, { lineBreak: false });
  doc.fillColor('black');
  doc
    .moveTo(left, top + 16)
    .lineTo(left + 260, top + 16)
    .stroke();
  doc
    .moveTo(left + 300, top + 16)
    .lineTo(left + 440, top + 16)
    .stroke();
  doc.text(`Signature of ${name}`, left, top + 20, { width: 280 }).text('Date', left + 300, top + 20);
  doc.x = left;
}

function numberPages(doc: Doc, fonts: Fonts, reference: string): void {
  const { start, count } = doc.bufferedPageRange();
  for (let page = start; page < start + count; page += 1) {
    doc.switchToPage(page);
    // Below the bottom margin, where text would otherwise open a new page.
    doc.page.margins.bottom = 0;
    doc.font(fonts.regular).fontSize(8);
    doc.text(`Agreement ${reference} · page ${page + 1} of ${count}`, doc.page.margins.left, doc.page.height - 40, {
      lineBreak: false,
    });
  }
}

function heightOf(doc: Doc, fonts: Fonts, text: string, width: number): number {
  return doc.font(fonts.bold).fontSize(9.5).heightOfString(text, { width });
}

function collect(doc: Doc): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
}
