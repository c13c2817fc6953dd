import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet, { contentSecurityPolicy, type HelmetOptions } from 'helmet';
import type { FlatHeaders } from './answer-headers.ts';

/** For how long browsers are to come by TLS alone (RFC 6797), and whether to the hosts below ours too. */
export type Hsts = { readonly maxAgeSeconds: number; readonly includeSubdomains: boolean };

type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** An answer is data: it loads nothing, runs nothing, sends no form and stands in no frame. */
const nothing = {
  defaultSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/**
 * The security headers of every answer, which are the same for all. `hsts` counts while `publicUrl` is https, for browsers heed
 * it over TLS only. `Cross-Origin-Resource-Policy` keeps other origins from embedding an answer (`<img>`, `<script>`); it is not
 * looked at where CORS decides (Fetch, 4.3 HTTP fetch), so the pages of CORS_ORIGINS go on reading.
 */
export function securityHeaders(options: { publicUrl: string; hsts: Hsts }): FlatHeaders {
  const { maxAgeSeconds: maxAge, includeSubdomains: includeSubDomains } = options.hsts;
  const settings: HelmetOptions = {
    contentSecurityPolicy: { useDefaults: false, directives: nothing },
    strictTransportSecurity: options.publicUrl.startsWith('https:') ? { maxAge, includeSubDomains } : false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  };
  return headersSetBy(helmet(settings));
}

/** The `Content-Security-Policy` of a page of ours: as for data, and this style sheet in it, by its hash. */
export function pagePolicy(style: string): string {
  const styleSrc = [`'sha256-${hash('sha256', style, 'base64')}'`];
  const directives = { ...nothing, styleSrc };
  return headersSetBy(contentSecurityPolicy({ useDefaults: false, directives }))[1] ?? '';
}

/** What a middleware of helmet sets, taken down once: it looks at nothing and is done when it returns. */
function headersSetBy(protect: Middleware): FlatHeaders {
  const headers: FlatHeaders = [];
  const answer = {
    setHeader: (name: string, value: string) => headers.push(name, value),
    removeHeader: () => undefined,
  };
  // An answer that can do no more is enough for it.
  protect({} as IncomingMessage, answer as unknown as ServerResponse, () => undefined);
  return headers;
}
