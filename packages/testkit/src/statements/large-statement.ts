import { randomBytes } from 'node:crypto';
import { PDFDocument, PDFName } from 'pdf-lib';

/** The statement of `pdf` with pictures of checks at its end, as banks add them, until it has exactly `sizeBytes` bytes. */
export async function largeStatement(pdf: Uint8Array, sizeBytes: number): Promise<Buffer> {
  const bare = await withPicture(pdf, 0);
  // Offsets and lengths take a few more digits in a larger file; what is still missing then is left as blanks.
  const filled = await withPicture(pdf, sizeBytes - bare.length - 64);
  return Buffer.concat([filled, Buffer.alloc(sizeBytes - filled.length, '\n')]);
}

/** A last page that shows one gray picture of noise, which nothing could make smaller. */
async function withPicture(pdf: Uint8Array, pictureBytes: number): Promise<Uint8Array> {
  const document = await PDFDocument.load(pdf);
  const page = document.addPage();
  const side = Math.max(1, Math.floor(Math.sqrt(pictureBytes)));
  const picture = document.context.stream(randomBytes(pictureBytes), {
    ...{ Type: 'XObject', Subtype: 'Image', Width: side, Height: side, ColorSpace: 'DeviceGray', BitsPerComponent: 8 },
  });
  page.node.setXObject(PDFName.of('Check1'), document.context.register(picture));
  const drawing = document.context.stream('q 500 0 0 500 50 100 cm /Check1 Do Q');
  page.node.addContentStream(document.context.register(drawing));
  return document.save({ useObjectStreams: false });
}
