import { PDFDocument, StandardFonts } from 'pdf-lib';
import type { MockEnvelope } from './ledger.ts';

/**
 * The agreement with a signature page behind it, as the mock hands it over once signed. The same envelope gives the same
 * bytes. Names stand in the agreement itself; the page says no more than ids and times, which every font can write.
 */
export async function stampSigned(envelope: MockEnvelope): Promise<Buffer> {
  const document = await PDFDocument.load(envelope.document, { updateMetadata: false });
  document.setModificationDate(envelope.changedAt);
  const font = await document.embedFont(StandardFonts.Helvetica);
  const page = document.addPage([612, 792]);
  const lines = [
    'Certificate of completion',
    '',
    `Envelope: ${envelope.id}`,
    `Reference: ${envelope.reference}`,
    `Sent: ${envelope.createdAt.toISOString()}`,
    `Signed: ${envelope.changedAt.toISOString()}`,
    '',
    'Signed with the mock provider, for trial and test. This is not a legally binding signature.',
  ];
  lines.forEach((line, index) => {
    page.drawText(line, { x: 64, y: page.getHeight() - 80 - index * 18, size: index === 0 ? 16 : 10, font });
  });
  // Packing the objects of a few pages takes longer than all else here.
  return Buffer.from(await document.save({ useObjectStreams: false }));
}
