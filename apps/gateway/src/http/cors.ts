import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from 'cors';

/** What pages of other origins may read of an answer. */
export const exposedHeaders = [
  'Idempotent-Replayed',
  'X-Request-Id',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'ETag',
  'Location',
  'Content-Disposition',
];

export type Origins = {
  /** How an answer lets a page of `origin` read it: a listed one with credentials; null for one that may not. */
  of(origin: string): { allow: string; credentials: boolean } | null;
  /**
   * Answers a preflight of an origin that may call, for any path and method and whatever headers it asks for, before
   * anybody asks for a credential; calls `next` for any other OPTIONS.
   */
  answerPreflight(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void;
};

/** `*` in the list counts only in debug mode, and never with credentials. */
export function allowOrigins(options: { corsOrigins: readonly string[]; debug: boolean }): Origins {
  const listed = new Set(options.corsOrigins.filter((origin) => origin !== '*'));
  const anybody = options.debug && options.corsOrigins.includes('*');
  const of = (origin: string) => {
    if (listed.has(origin)) return { allow: origin, credentials: true };
    return anybody ? { allow: '*', credentials: false } : null;
  };
  const preflight = cors<IncomingMessage>((req, decide) => {
    const allowed = req.headers.origin === undefined ? null : of(req.headers.origin);
    decide(null, {
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      maxAge: 600,
      origin: allowed?.allow ?? false,
      credentials: allowed?.credentials ?? false,
    });
  });
  return { of, answerPreflight: (req, res, next) => preflight(req, res, next) };
}
