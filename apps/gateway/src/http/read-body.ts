import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Route } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE } from '@uw-wizard/shared/platform/problem';
import type { Spool } from './spool.ts';

/** A request's body, read to its end. `discard` must be called when it is not needed any more. */
export type Body = {
  readonly sizeBytes: number;
  /** SHA-256 of what makes two bodies the same: the bytes, or the parts of a multipart body. */
  readonly digest: string;
  /** Type and subtype, lower-case; '' when the request names none. */
  readonly mediaType: string;
  /** The bytes once more; a body on disk is read from its start each time. */
  open(): Buffer | Readable;
  discard(): Promise<void>;
};

const defaultMaxBytes = 1024 * 1024;

/** The body of a request without one. */
export const noBody: Body = {
  sizeBytes: 0,
  digest: hash('sha256', ''),
  mediaType: '',
  open: () => Buffer.alloc(0),
  discard: () => Promise.resolve(),
};

/** Whether a request announces a body, RFC 9112, section 6. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/**
 * Reads the whole body. Throws `body-too-large`, by its announced length before a byte is read and by count after, and
 * then `unsupported-media-type` when it is not what the route takes.
 */
export async function readBody(route: Route, req: IncomingMessage, spool: Spool): Promise<Body> {
  const maxBytes = route.maxBodyBytes ?? defaultMaxBytes;
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const mediaType = mediaTypeOf(req.headers['content-type']);
  const refusal = refusalOf(route, req, mediaType);
  if (route.body === 'multipart') {
    if (refusal === null) return spool.receive(req, mediaType, maxBytes);
    // How long it is decides which of two things is wrong first.
    await countBytes(req, maxBytes);
    throw refusal;
  }
  const bytes = await collect(req, maxBytes);
  if (bytes.length > 0 && refusal !== null) throw refusal;
  return {
    sizeBytes: bytes.length,
    digest: hash('sha256', bytes),
    mediaType,
    open: () => bytes,
    discard: () => Promise.resolve(),
  };
}

/** A call whose body is more than `maxBytes` long. */
export function tooLarge(maxBytes: number): DomainError {
  return new DomainError(BODY_TOO_LARGE, `The body may have ${maxBytes} bytes at most.`);
}

/** The chunks of a body as they come. Ending early leaves the connection open for the answer. */
export async function* chunksOf(req: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let sizeBytes = 0;
  const chunks: AsyncIterable<Buffer> = req.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

function refusalOf(route: Route, req: IncomingMessage, mediaType: string): DomainError | null {
  const coding = req.headers['content-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    return new DomainError(UNSUPPORTED_MEDIA_TYPE, 'Send the body without a Content-Encoding.');
  }
  if (route.body === 'json' && !/^application\/(json|[a-z0-9!#$&^_.+-]+\+json)$/.test(mediaType)) {
    return new DomainError(UNSUPPORTED_MEDIA_TYPE, 'Send the body as application/json.');
  }
  const multipart = /^multipart\/form-data\s*;.*boundary=/is.test(req.headers['content-type'] ?? '');
  if (route.body === 'multipart' && !multipart) {
    return new DomainError(UNSUPPORTED_MEDIA_TYPE, 'Send the files as multipart/form-data, with its boundary.');
  }
  return null;
}

function mediaTypeOf(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

async function collect(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(req, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function countBytes(req: IncomingMessage, maxBytes: number): Promise<void> {
  for await (const _chunk of chunksOf(req, maxBytes));
}
