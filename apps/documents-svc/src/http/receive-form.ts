import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DomainError } from '@uw-wizard/shared/errors';
import { BODY_TOO_LARGE } from '@uw-wizard/shared/platform/problem';
import busboy, { type Busboy } from 'busboy';
import { displayName } from '../domain/display-name.ts';
import { INVALID_MULTIPART } from '../domain/errors.ts';
import type { ReceivedFile, ReceivedForm } from '../domain/refusal.ts';

/** The field that carries the statements. */
const FIELD = 'files';
const KEPT_FILES = 3;
const MAX_FILES = 16;
const MAX_FIELDS = 16;
/** How far into a file its signature may begin (ISO 32000-2, annex I of Adobe's reader: the first 1024 bytes). */
const SIGNATURE_SEARCH_BYTES = 1024;
const CUT_OFF = 'The upload was cut off. Send it again.';

export type FormLimits = { maxFileBytes: number; maxBodyBytes: number };

/**
 * Streams the files of a multipart form into `folder` (mode 0600, names of our own, synced), each with its SHA-256 and its
 * first bytes looked at on the way; no file is held in memory. The form is read to its end also when it will be refused, so that
 * the client hears the answer. Throws `invalid-multipart` when it is broken or cut off, `body-too-large` past the limit.
 */
export function receiveForm(req: IncomingMessage, folder: string, limits: FormLimits): Promise<ReceivedForm> {
  // Without a body there are no files, which is the caller's to refuse.
  if (req.headers['content-type'] === undefined) return Promise.resolve({ files: [], fileCount: 0, strayCount: 0 });
  // A client that left before its turn came: the stream has ended already, and would never say so again.
  if (req.destroyed) throw new DomainError(INVALID_MULTIPART, CUT_OFF);
  const parser = parserOf(req, limits);
  return new Promise((resolve, reject) => {
    const writes: Promise<ReceivedFile>[] = [];
    const form = { fileCount: 0, strayCount: 0 };
    let bodyBytes = 0;
    let failed = false;
    const fail = (error: unknown) => {
      if (failed) return;
      failed = true;
      req.unpipe(parser);
      req.resume();
      parser.destroy();
      // The folder may go only when nothing writes into it any more.
      void Promise.allSettled(writes).then(() => reject(error));
    };
    const broken = (detail: string, cause?: unknown) => fail(new DomainError(INVALID_MULTIPART, detail, { cause }));

    req.on('data', (chunk: Buffer) => {
      bodyBytes += chunk.length;
      if (bodyBytes > limits.maxBodyBytes) fail(tooLarge(limits));
    });
    req.on('error', (cause) => broken(CUT_OFF, cause));
    parser.on('file', (field, stream, { filename }) => {
      if (field === FIELD) form.fileCount += 1;
      else form.strayCount += 1;
      if (field !== FIELD || form.fileCount > KEPT_FILES) {
        stream.on('error', () => undefined);
        stream.resume();
        return;
      }
      const write = spoolFile(stream, join(folder, `${form.fileCount}.pdf`), displayName(filename ?? ''));
      write.catch(fail);
      writes.push(write);
    });
    for (const event of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const) {
      parser.on(event, () => broken(`The form has more than ${MAX_FILES} files or ${MAX_FIELDS} fields.`));
    }
    parser.on('error', (cause) => broken('The multipart form cannot be read, or its end is missing.', cause));
    parser.on('close', () => {
      if (!failed) void Promise.all(writes).then((files) => resolve({ ...form, files }), fail);
    });
    req.pipe(parser);
  });
}

function parserOf(req: IncomingMessage, limits: FormLimits): Busboy {
  if (Number(req.headers['content-length'] ?? 0) > limits.maxBodyBytes) throw tooLarge(limits);
  try {
    return busboy({
      headers: req.headers,
      defParamCharset: 'utf8',
      limits: {
        // busboy calls a file of exactly the limit cut off, so it is told of one byte more.
        fileSize: limits.maxFileBytes + 1,
        files: MAX_FILES,
        fields: MAX_FIELDS,
        parts: MAX_FILES + MAX_FIELDS + 1,
        fieldNameSize: 100,
        fieldSize: 1024,
        headerPairs: 20,
      },
    });
  } catch (cause) {
    throw new DomainError(INVALID_MULTIPART, 'The media type names no boundary. Let your client set it.', { cause });
  }
}

async function spoolFile(
  stream: Readable & { truncated?: boolean },
  path: string,
  filename: string,
): Promise<ReceivedFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let head = Buffer.alloc(0);
  const look = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      if (head.length < SIGNATURE_SEARCH_BYTES) head = Buffer.concat([head, chunk.subarray(0, SIGNATURE_SEARCH_BYTES)]);
      done(null, chunk);
    },
  });
  await pipeline(stream, look, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }));
  return {
    filename,
    path,
    sizeBytes,
    checksum: hash.digest('hex'),
    tooLarge: stream.truncated === true,
    beginsLikePdf: head.subarray(0, SIGNATURE_SEARCH_BYTES).includes('%PDF-'),
  };
}

function tooLarge(limits: FormLimits): DomainError {
  return new DomainError(BODY_TOO_LARGE, `The body may have ${limits.maxBodyBytes} bytes at most.`);
}
