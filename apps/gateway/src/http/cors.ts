import cors from 'cors';
import type { RequestHandler } from 'express';

const exposed = [
  'Idempotent-Replayed',
  'X-Request-Id',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'ETag',
  'Location',
  'Content-Disposition',
];
const common = {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  exposedHeaders: exposed,
  maxAge: 600,
};

/**
 * Cross-origin calls: a listed origin with credentials and whatever headers it asks for, an unlisted one without any CORS
 * header. `*` in the list counts only in debug mode, and never with credentials. Preflights are answered here, for any
 * path and method, before anybody asks for a credential.
 */
export function allowOrigins(options: { corsOrigins: readonly string[]; debug: boolean }): RequestHandler[] {
  const listed = new Set(options.corsOrigins.filter((origin) => origin !== '*'));
  const anybody = options.debug && options.corsOrigins.includes('*');
  return [
    (_req, res, next) => {
      res.vary('Origin');
      next();
    },
    cors((req, decide) => {
      const origin = req.headers.origin;
      if (origin !== undefined && listed.has(origin)) decide(null, { ...common, origin, credentials: true });
      else decide(null, { ...common, origin: origin !== undefined && anybody ? '*' : false });
    }),
  ];
}
