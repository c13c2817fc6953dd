import type { IncomingMessage } from 'node:http';
import express, { type RequestHandler } from 'express';
import type { Route } from '../contracts/routes.ts';
import { DomainError, type FieldProblem } from '../errors.ts';
import { BODY_TOO_LARGE, INVALID_JSON, UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED } from './problem.ts';
import { readJson } from './read-json.ts';

const defaultMaxBytes = 1024 * 1024;

/** Reads the body as the route says: JSON is parsed, a raw one kept as a Buffer in `req.body`, a multipart one left on the stream. */
export function readBody(route: Route): RequestHandler[] {
  if (route.body !== 'json' && route.body !== 'raw') return [];
  const maxBytes = route.maxBodyBytes ?? defaultMaxBytes;
  const raw = express.raw({ type: () => true, limit: maxBytes });
  const read: RequestHandler = (req, res, next) =>
    raw(req, res, (error?: unknown) => next(error === undefined ? undefined : toBodyError(error, maxBytes)));
  return route.body === 'raw' ? [read] : [read, parseJson];
}

/** The raw bytes of a `raw` route's body. */
export function rawBodyOf(req: IncomingMessage & { body?: unknown }): Buffer {
  return Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
}

/** What body-parser says, in our words; what is no fault of the client stays as it is. */
function toBodyError(error: unknown, maxBytes: number): unknown {
  if (typeof error !== 'object' || error === null) return error;
  if ('type' in error && error.type === 'entity.too.large')
    return new DomainError(BODY_TOO_LARGE, `The body may have ${maxBytes} bytes at most.`, { cause: error });
  if ('type' in error && error.type === 'encoding.unsupported')
    return new DomainError(UNSUPPORTED_MEDIA_TYPE, 'Send the body without a Content-Encoding.', { cause: error });
  if ('status' in error && typeof error.status === 'number' && error.status >= 400 && error.status < 500)
    return new DomainError(INVALID_JSON, 'The body could not be read.', { cause: error });
  return error;
}

/** No body counts as `{}`, for calls whose members are all optional. */
const parseJson: RequestHandler = (req, _res, next) => {
  const bytes = rawBodyOf(req);
  if (bytes.length === 0) {
    req.body = {};
    return next();
  }
  if (!req.is(['application/json', 'application/*+json'])) {
    return next(new DomainError(UNSUPPORTED_MEDIA_TYPE, 'Send the body as application/json.'));
  }
  try {
    req.body = readJson(bytes);
  } catch (error) {
    return next(error);
  }
  // PostgreSQL holds neither U+0000 nor half of a surrogate pair. In JSON both can only stand escaped, so most bodies are not walked.
  if (!/\\u(?:0000|d[89a-f])/i.test(bytes.toString('latin1'))) return next();
  const unfit = findUnfitText(req.body);
  if (unfit === undefined) return next();
  const detail = 'Send the text without the character U+0000 and without halves of surrogate pairs.';
  return next(new DomainError(VALIDATION_FAILED, detail, { errors: [unfit] }));
};

/**
 * Where the first such text stands and what is wrong with it. One is enough: a body of many, below a long name, would get
 * an answer that is thousands of times its size.
 */
function findUnfitText(body: unknown): FieldProblem | undefined {
  const open: [value: unknown, pointer: string][] = [[body, '#']];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, pointer] = next;
    if (typeof value === 'string') {
      if (value.includes('\u0000')) return { pointer, detail: 'has the character U+0000' };
      if (!value.isWellFormed()) return { pointer, detail: 'has half of a surrogate pair' };
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value).toReversed()) {
        open.push([member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`]);
      }
    }
  }
  return undefined;
}
