import type { IncomingMessage } from 'node:http';
import { beginSpan, noSpan, type OpenSpan } from '@uw-wizard/shared/platform/tracing';
import { v7 as uuidv7 } from 'uuid';
import { type Call, noDoor } from './call.ts';
import { fewRandomBytes } from './few-random-bytes.ts';

/**
 * Takes down what a request says about itself. Nothing else of its head is believed: a service gets its headers by a list
 * (`upstream/headers.ts`), so that no client can pass for somebody else or speak to the hop behind us.
 */
export function receiveCall(req: IncomingMessage, addressOf: (req: IncomingMessage) => string): Call {
  const { headers, method = '', url = '' } = req;
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? '' : url.slice(mark + 1);
  const sound = isSound(path) && !query.includes('#');
  const { traceparent, tracestate, span } = continueTrace(req, method, path);
  return {
    method,
    requestId: saneRequestId(headers['x-request-id']),
    traceparent,
    tracestate,
    span,
    path: sound ? path : '/',
    isSound: sound,
    query,
    address: addressOf(req),
    host: headers.host,
    origin: headers.origin,
    authorization: headers.authorization,
    cookie: headers.cookie,
    csrfHeader: single(headers['x-csrf-token']),
    tenantHeader: single(headers['x-tenant-id']),
    keyHeader: single(headers['idempotency-key']),
    setCookies: null,
    counted: [],
    limit: null,
    pattern: noDoor,
  };
}

/** Whether two routers would read a path alike. */
function isSound(path: string): boolean {
  if (!/^\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$/.test(path)) return false;
  // A slash, a backslash or a NUL that is encoded is one to those who decode first; no path of ours has any.
  if (/%(?:2f|5c|00)/i.test(path)) return false;
  const decoded = path.includes('%') ? decode(path) : path;
  if (decoded === null) return false;
  return !(decoded.includes('/.') && decoded.split('/').some((segment) => segment === '.' || segment === '..'));
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

function saneRequestId(header: string | string[] | undefined): string {
  if (typeof header === 'string' && /^[A-Za-z0-9._~:/+=@-]{1,128}$/.test(header)) return header;
  return uuidv7({ random: fewRandomBytes(16) });
}

const probes = new Set(['/healthz', '/readyz']);

/** W3C Trace Context, level 1: a valid incoming trace goes on under a span of ours, anything else begins a new one. */
function continueTrace(
  { headers }: IncomingMessage,
  method: string,
  path: string,
): { traceparent: string; tracestate: string | undefined; span: OpenSpan } {
  const given = single(headers.traceparent);
  const [, trace, parent, flags] =
    given === undefined ? [] : (/^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(given) ?? []);
  const known = trace !== undefined && !/^0+$/.test(trace) && parent !== undefined && !/^0+$/.test(parent);
  // Those who look every few seconds whether we live would be most of what is recorded.
  const span = probes.has(path) ? noSpan : beginSpan(method, { kind: 'server', parent: known ? given : undefined });
  if (!known) {
    const ids = fewRandomBytes(24).toString('hex');
    const traceparent = span.traceparent ?? `00-${ids.slice(0, 32)}-${ids.slice(32)}-01`;
    return { traceparent, tracestate: undefined, span };
  }
  const tracestate = single(headers.tracestate);
  return {
    traceparent: span.traceparent ?? `00-${trace}-${fewRandomBytes(8).toString('hex')}-${flags}`,
    tracestate: tracestate !== undefined && tracestate.length <= 512 ? tracestate : undefined,
    span,
  };
}
