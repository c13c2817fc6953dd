import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import busboy from 'busboy';

/** What two multipart bodies have in common when they are the same, whatever their boundaries. */
type Part = { name: string; filename: string | null; type: string; sha256: string };

export type PartsDigest = {
  /** Takes the next bytes; waits while the parser has more than it can take. Never rejects. */
  write(chunk: Buffer): Promise<void>;
  /** Hex SHA-256 over the parts in order, or null when the body could not be parsed into a fair number of parts. */
  end(): Promise<string | null>;
};

const maxParts = 100;
const maxFieldBytes = 1024 * 1024;

/**
 * Digests a multipart body part by part while it streams by: name, file name, type and SHA-256 of each part's bytes, never
 * the boundary. Whether the body is any good is for the service to say; one that does not parse has no parts digest.
 */
export function digestParts(contentType: string): PartsDigest {
  const parts: Part[] = [];
  const whole = Promise.withResolvers<boolean>();
  const parser = parserFor(contentType);
  if (parser === null) return { write: () => Promise.resolve(), end: () => Promise.resolve(null) };
  const spoiled = () => whole.resolve(false);
  parser.on('file', (name, stream, { filename, mimeType }) => {
    const part = { name, filename: filename ?? null, type: mimeType, sha256: '' };
    parts.push(part);
    const hash = createHash('sha256');
    stream.on('data', (chunk: Buffer) => hash.update(chunk));
    stream.on('end', () => {
      part.sha256 = hash.digest('hex');
    });
    stream.on('error', spoiled);
  });
  parser.on('field', (name, value, { mimeType, valueTruncated, nameTruncated }) => {
    if (valueTruncated || nameTruncated || isLossy(value)) return spoiled();
    parts.push({ name, filename: null, type: mimeType, sha256: sha256(Buffer.from(value)) });
  });
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) parser.on(limit, spoiled);
  parser.on('error', spoiled);
  parser.on('close', () => whole.resolve(true));
  return {
    async write(chunk) {
      if (parser.destroyed || parser.write(chunk)) return;
      await Promise.race([new Promise((resolve) => parser.once('drain', resolve)), whole.promise]);
    },
    async end() {
      if (!parser.destroyed) parser.end();
      return (await whole.promise) ? sha256(Buffer.from(JSON.stringify(parts))) : null;
    },
  };
}

/** Hex SHA-256 of all bytes of a stream. */
export async function digestBytes(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Whether a field's text stands for other bytes as well. Without a charset it is read as latin1, where nothing is lost; what
 * is not as its charset says has U+FFFD in it, and in a charset that busboy does not know there is no text at all.
 */
function isLossy(text: string | undefined): boolean {
  return text === undefined || text.includes('\uFFFD');
}

function parserFor(contentType: string): busboy.Busboy | null {
  try {
    return busboy({
      headers: { 'content-type': contentType },
      preservePath: true,
      defCharset: 'latin1',
      limits: { parts: maxParts, fieldSize: maxFieldBytes, fieldNameSize: 1024 },
    });
  } catch {
    return null;
  }
}
