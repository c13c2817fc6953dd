import { crc32, deflateSync } from 'node:zlib';
import PDFDocument from 'pdfkit';
import { drawPdf } from './canvas.ts';
import { generateStatements } from './generate-statements.ts';

const AT = new Date('2026-10-31T12:00:00Z');
const TEXT = `Harborline Business Bank. Account number: 1234567890. Statement period: 10/01/2026 - 10/31/2026
Beginning balance $1,000.00
Ending balance $1,000.00`;

/** A PDF that opens only with a password. */
export async function encryptedPdf(): Promise<Buffer> {
  return written(document({ userPassword: 'secret', ownerPassword: 'owner', pdfVersion: '1.7' }), TEXT);
}

/** A PDF with an owner's password only: it opens without one, but may not be changed. */
export async function ownerProtectedPdf(): Promise<Buffer> {
  return written(document({ ownerPassword: 'owner', pdfVersion: '1.7' }), TEXT);
}

/** A good statement cut in half. */
export async function truncatedPdf(): Promise<Buffer> {
  const [file] = await generateStatements({ seed: 1, legalName: 'Cut Short LLC', months: 1 });
  return file === undefined ? Buffer.alloc(0) : file.pdf.subarray(0, Math.floor(file.pdf.length / 2));
}

/** An invoice: a good PDF that is no bank statement, with dates, amounts and a total. */
export async function invoicePdf(): Promise<Buffer> {
  return drawPdf('Invoice', '2026-10-15', (canvas) => {
    canvas.left(50, 'INVOICE #2026-117', { size: 16, bold: true });
    canvas.down(30);
    for (const line of [
      'Brightwater Design LLC',
      'Invoice date: October 15, 2026',
      'Due date: November 14, 2026',
      'Bill to: Prairie Bakery LLC',
    ]) {
      canvas.left(50, line);
      canvas.down(13);
    }
    canvas.down(20);
    canvas.left(50, 'Date', { bold: true });
    canvas.left(120, 'Description', { bold: true });
    canvas.right(520, 'Amount', { bold: true });
    for (const [date, text, amount] of [
      ['10/02/2026', 'Logo design', '1,400.00'],
      ['10/09/2026', 'Shop window lettering', '850.00'],
    ] as const) {
      canvas.down(14);
      canvas.left(50, date);
      canvas.left(120, text);
      canvas.right(520, amount);
    }
    canvas.down(24);
    canvas.left(400, 'TOTAL DUE');
    canvas.right(520, '$2,250.00');
  });
}

/** Two pages with nothing on them. */
export async function blankPdf(): Promise<Buffer> {
  return written(document().addPage(), '');
}

/** A page that is one picture, as a scanner makes it. */
export async function scannedPdf(): Promise<Buffer> {
  return written(document().image(pngNamedPdf(), 0, 0, { width: 612 }), '');
}

/** A few kilobytes per `megabytes` of blanks that its page unpacks to. */
export async function unpackingPdf(megabytes: number): Promise<Buffer> {
  const packed = deflateSync(Buffer.alloc(megabytes * 1_048_576, ' '));
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << >> >>',
    `<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n${packed.toString('latin1')}\nendstream`,
  ];
  const offsets: string[] = [];
  let text = '%PDF-1.4\n';
  for (const [at, object] of objects.entries()) {
    offsets.push(`${String(text.length).padStart(10, '0')} 00000 n \n`);
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
  }
  const table = `xref\n0 5\n0000000000 65535 f \n${offsets.join('')}trailer\n<< /Size 5 /Root 1 0 R >>\n`;
  return Buffer.from(`${text}${table}startxref\n${text.length}\n%%EOF\n`, 'latin1');
}

/** A picture (PNG), to be uploaded under the name of a PDF. */
export function pngNamedPdf(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(1, 0);
  header.writeUInt32BE(1, 4);
  header.set([8, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.from([0, 255]))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A good statement that is exactly `bytes` bytes long: a comment before its last lines fills it up. */
export async function oversizedPdf(bytes: number): Promise<Buffer> {
  const [file] = await generateStatements({ seed: 2, legalName: 'Oversized LLC', months: 1 });
  const pdf = file?.pdf ?? Buffer.alloc(0);
  const end = pdf.lastIndexOf('startxref');
  const filling = Buffer.alloc(Math.max(0, bytes - pdf.length), 0x20);
  filling.write('%', 0);
  if (filling.length > 1) filling.write('\n', filling.length - 1);
  return Buffer.concat([pdf.subarray(0, end), filling, pdf.subarray(end)]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function document(options: PDFKit.PDFDocumentOptions = {}): PDFKit.PDFDocument {
  return new PDFDocument({ ...options, info: { CreationDate: AT, ModDate: AT } });
}

function written(pdf: PDFKit.PDFDocument, text: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
    if (text !== '') pdf.text(text);
    pdf.end();
  });
}
