import { crc32, deflateSync } from 'node:zlib';
import PDFDocument from 'pdfkit';
import { drawPdf } from './canvas.ts';
import { generateStatements } from './generate-statements.ts';

/** A PDF that opens only with a password. */
export async function encryptedPdf(): Promise<Buffer> {
  const at = new Date('2026-10-31T12:00:00Z');
  const document = new PDFDocument({
    userPassword: 'secret',
    ownerPassword: 'owner',
    pdfVersion: '1.7',
    info: { CreationDate: at },
  });
  return written(document);
}

/** A PDF with an owner's password only: it opens without one, but may not be changed. */
export async function ownerProtectedPdf(): Promise<Buffer> {
  const document = new PDFDocument({
    ownerPassword: 'owner',
    pdfVersion: '1.7',
    info: { CreationDate: new Date('2026-10-31T12:00:00Z') },
  });
  return written(document);
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

function written(document: PDFKit.PDFDocument): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
    document.text(
      'Harborline Business Bank. Account number: 1234567890. Beginning balance $1,000.00. Ending balance $1,000.00.',
    );
    document.text('Statement period: 10/01/2026 - 10/31/2026');
    document.end();
  });
}
