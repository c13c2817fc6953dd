import PDFDocument from 'pdfkit';

/** A page to write on from top to bottom; places are points from the left edge, Letter size. */
export type Canvas = {
  /** Writes at the current height; `right` gives the right edge of the text. */
  left(x: number, text: string, style?: Style): void;
  right(x: number, text: string, style?: Style): void;
  /** Moves down by `points` and begins a new page (and calls `onPage`) when fewer than `keep` points would be left. */
  down(points: number, keep?: number): void;
  onPage(draw: () => void): void;
  /** How wide a text is in the usual letters. */
  widthOf(text: string): number;
};

export type Style = { size?: number; bold?: boolean };

const [TOP, BOTTOM] = [48, 740];

/** Draws a PDF and returns its bytes. Same drawing, same bytes: the dates inside are those of `day`, not of the clock. */
export async function drawPdf(title: string, day: string, draw: (canvas: Canvas) => void): Promise<Buffer> {
  const at = new Date(`${day}T12:00:00Z`);
  const info = {
    Title: title,
    Producer: 'Statement Composer',
    Creator: 'Statement Composer',
    CreationDate: at,
    ModDate: at,
  };
  const document = new PDFDocument({ size: 'LETTER', margin: 0, info, bufferPages: true });
  const chunks: Buffer[] = [];
  const done = new Promise<Buffer>((resolve, reject) => {
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
  let y = TOP;
  let drawHead = (): void => {};
  const use = ({ size = 8.5, bold = false }: Style = {}): void => {
    document.font(bold ? 'Helvetica-Bold' : 'Helvetica').fontSize(size);
  };
  const put = (x: number, text: string): void => {
    document.text(text, x, y, { lineBreak: false });
  };
  draw({
    left: (x, text, style) => {
      use(style);
      put(x, text);
    },
    right: (x, text, style) => {
      use(style);
      put(x - document.widthOfString(text), text);
    },
    down: (points, keep = 0) => {
      y += points;
      if (y + keep < BOTTOM) return;
      document.addPage();
      y = TOP;
      drawHead();
    },
    onPage: (head) => {
      drawHead = head;
    },
    widthOf: (text) => {
      use();
      return document.widthOfString(text);
    },
  });
  const { count } = document.bufferedPageRange();
  for (let page = 0; page < count; page += 1) {
    document.switchToPage(page);
    y = 765;
    use({ size: 7 });
    put(500, `Page ${page + 1} of ${count}`);
  }
  document.end();
  return done;
}
