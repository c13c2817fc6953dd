import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A PDF on the disk, read piece by piece: a scan has 15 MiB, and its text is a hundredth of that. For threads that may wait. */
export type PdfFile = {
  readonly sizeBytes: number;
  /** The bytes from `begin` to before `end`, as far as the file goes. */
  read(begin: number, end: number): Buffer;
  /** All of it, into memory of exactly its size. */
  readInto(bytes: Uint8Array): void;
  close(): void;
};

export function openPdfFile(path: string): PdfFile {
  const file = openSync(path, 'r');
  const { size: sizeBytes } = fstatSync(file);
  const fill = <T extends Uint8Array>(bytes: T, from: number): T => {
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(file, bytes, done, bytes.length - done, from + done);
      if (got === 0) throw new Error(`${path} ended before its length`);
      done += got;
    }
    return bytes;
  };
  return {
    sizeBytes,
    read(begin, end) {
      const from = Math.min(Math.max(0, begin), sizeBytes);
      return fill(Buffer.allocUnsafe(Math.max(0, Math.min(end, sizeBytes) - from)), from);
    },
    readInto: (bytes) => void fill(bytes, 0),
    close: () => closeSync(file),
  };
}
