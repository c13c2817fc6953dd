import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { ZodError } from 'zod';
import { DomainError, type DomainErrorOptions, type FieldProblem, type ProblemKind } from '../errors.ts';
import { isDatabaseAway } from './database-away.ts';
import type { Logger } from './logger.ts';
import { currentRequest } from './request-context.ts';

/** Ways to say no that every service shares. A service's own are in its `domain/errors.ts`. */
export const NOT_FOUND = { code: 'not-found', status: 404, title: 'There is nothing here' } satisfies ProblemKind;
export const METHOD_NOT_ALLOWED = {
  code: 'method-not-allowed',
  status: 405,
  title: 'The method is not allowed',
} satisfies ProblemKind;
export const UNAUTHENTICATED = {
  code: 'unauthenticated',
  status: 401,
  title: 'A credential is needed',
} satisfies ProblemKind;
export const FORBIDDEN = { code: 'forbidden', status: 403, title: 'This role may not do that' } satisfies ProblemKind;
/** A temporary password opens one call: the one that changes it. */
export const PASSWORD_CHANGE_REQUIRED = {
  code: 'password-change-required',
  status: 403,
  title: 'The password must be changed first',
} satisfies ProblemKind;
export const INVALID_JSON = {
  code: 'invalid-json',
  status: 400,
  title: 'The body is not valid JSON',
} satisfies ProblemKind;
export const BODY_TOO_LARGE = {
  code: 'body-too-large',
  status: 413,
  title: 'The body is too large',
} satisfies ProblemKind;
export const UNSUPPORTED_MEDIA_TYPE = {
  code: 'unsupported-media-type',
  status: 415,
  title: 'The media type is not supported',
} satisfies ProblemKind;
export const VALIDATION_FAILED = {
  code: 'validation-failed',
  status: 422,
  title: 'The request is not valid',
} satisfies ProblemKind;
export const IDEMPOTENCY_KEY_REUSED = {
  code: 'idempotency-key-reused',
  status: 422,
  title: 'The key was used for another request',
} satisfies ProblemKind;
export const OWNER_UNAVAILABLE = {
  code: 'owner-unavailable',
  status: 503,
  title: 'The service that knows the answer is away',
} satisfies ProblemKind;
export const DATABASE_UNAVAILABLE = {
  code: 'database-unavailable',
  status: 503,
  title: 'The database does not answer',
} satisfies ProblemKind;
export const STORAGE_UNAVAILABLE = {
  code: 'storage-unavailable',
  status: 503,
  title: 'The file store does not answer',
} satisfies ProblemKind;
/** A row names a file that is not there: our fault, not the caller's. */
export const FILE_MISSING = {
  code: 'file-missing',
  status: 500,
  title: 'A stored file is missing',
} satisfies ProblemKind;
/** Nothing about this merchant is taken in, and nothing changed, any more. */
export const MERCHANT_ERASED = {
  code: 'merchant-erased',
  status: 410,
  title: "The merchant's personal data was erased",
} satisfies ProblemKind;
export const INTERNAL_ERROR = {
  code: 'internal-error',
  status: 500,
  title: 'Something went wrong here',
} satisfies ProblemKind;

export const sharedProblems: readonly ProblemKind[] = [
  NOT_FOUND,
  METHOD_NOT_ALLOWED,
  UNAUTHENTICATED,
  FORBIDDEN,
  PASSWORD_CHANGE_REQUIRED,
  INVALID_JSON,
  BODY_TOO_LARGE,
  UNSUPPORTED_MEDIA_TYPE,
  VALIDATION_FAILED,
  IDEMPOTENCY_KEY_REUSED,
  DATABASE_UNAVAILABLE,
  OWNER_UNAVAILABLE,
  STORAGE_UNAVAILABLE,
  FILE_MISSING,
  MERCHANT_ERASED,
  INTERNAL_ERROR,
];

/** A problem document, RFC 9457. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  request_id: string;
  errors?: readonly FieldProblem[];
};

/** Builds the document for one error. `problemBase` is `{PUBLIC_URL}/problems`. */
export function toProblem(
  kind: ProblemKind,
  detail: string,
  context: { problemBase: string; instance: string; requestId: string },
  more: DomainErrorOptions = {},
): Problem {
  return {
    ...more.extensions,
    type: `${context.problemBase}/${kind.code}`,
    title: kind.title,
    status: kind.status,
    detail,
    instance: context.instance,
    code: kind.code,
    request_id: context.requestId,
    ...(more.errors ? { errors: more.errors } : {}),
  };
}

/** The error as the border shows it: rules and validation in their own words, anything else without a word of detail. */
export function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof ZodError) return validationError(error);
  // Express could not decode a part of the path (`%E0%A4%A`).
  if (error instanceof URIError) return new DomainError(NOT_FOUND, 'The path is not valid.', { cause: error });
  if (isDatabaseAway(error)) {
    return new DomainError(DATABASE_UNAVAILABLE, 'Try again; a call with an Idempotency-Key takes effect once.', {
      retryAfterSeconds: 1,
      cause: error,
    });
  }
  return new DomainError(INTERNAL_ERROR, 'The error was recorded. Try again; the request id helps us to find it.', {
    cause: error,
  });
}

/** 422 with one entry per bad field. `prefix` is where in the request the parsed value stood (`/answers`). */
export function validationError(error: ZodError, prefix = ''): DomainError {
  const errors = error.issues.slice(0, 100).map((issue) => ({
    pointer: `#${prefix}${issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`,
    detail: issue.message,
  }));
  return new DomainError(VALIDATION_FAILED, 'Correct the fields named in errors and send the request again.', {
    errors,
    cause: error,
  });
}

/** Sends the problem document of `error`; in plain Node, for a crowd that is refused must cost little. */
export function sendProblem(res: ServerResponse, error: DomainError, problemBase: string): void {
  const requestId = currentRequest()?.request_id ?? '';
  const { url = '/', originalUrl = url } = res.req as IncomingMessage & { originalUrl?: string };
  const instance = originalUrl.split('?')[0] ?? '/';
  const body = JSON.stringify(toProblem(error.kind, error.message, { problemBase, instance, requestId }, error));
  if (error.retryAfterSeconds !== undefined) res.setHeader('Retry-After', String(error.retryAfterSeconds));
  if (error.kind.status === 401) res.setHeader('WWW-Authenticate', 'Bearer realm="uw-wizard"');
  res.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.statusCode = error.kind.status;
  res.end(body);
}

/** Answers what no route took. */
export const notFound: RequestHandler = (req) => {
  throw new DomainError(NOT_FOUND, `No call has the path ${req.path}.`);
};

/** Answers with the problem that `error` is, or hands it to `next` where an answer has begun; for Express and for plain Node. */
export type ProblemHandler = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error: unknown) => void,
) => void;

/** The one place an error becomes an answer. 5xx are logged here, once, with their cause. */
export function problemHandler(options: { problemBase: string; log: Logger }): ProblemHandler {
  return (error, _req, res, next) => {
    const domainError = toDomainError(error);
    if (domainError.kind.status >= 500)
      options.log.error({ err: domainError.cause ?? domainError, code: domainError.kind.code }, 'call failed');
    if (res.headersSent) {
      next(error);
      return;
    }
    sendProblem(res, domainError, options.problemBase);
  };
}
