import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '@uw-wizard/shared/errors';
import { NOT_FOUND } from '@uw-wizard/shared/platform/problem';
import { inRequest } from '@uw-wizard/shared/platform/request-context';
import { beginSpan, noSpan, type OpenSpan } from '@uw-wizard/shared/platform/tracing';
import type { Request, RequestHandler } from 'express';
import { v7 as uuidv7 } from 'uuid';
import { noDoor, rememberCall } from './call.ts';

/**
 * The first thing that happens to a request: what it says about itself is taken down, then every header with which a
 * client could pass for somebody else, or speak to the hop behind us, is removed from `req.headers`. Answers with
 * `X-Request-Id` from here on, and everything after runs in the request's context.
 */
export const receiveCall: RequestHandler = (req, res, next) => {
  const requestId = saneRequestId(req.headers['x-request-id']);
  const trace = continueTrace(req);
  const target = readTarget(req.url);
  rememberCall(req, {
    requestId,
    ...trace,
    path: target?.path ?? '/',
    query: target?.query ?? '',
    address: req.ip ?? 'local',
    host: req.headers.host,
    authorization: req.headers.authorization,
    tenantHeader: single(req.headers['x-tenant-id']),
    keyHeader: single(req.headers['idempotency-key']),
    counted: [],
    pattern: noDoor,
  });
  strip(req.headers);
  res.setHeader('X-Request-Id', requestId);
  inRequest({ request_id: requestId, traceparent: trace.traceparent }, () =>
    next(target === null ? new DomainError(NOT_FOUND, 'No call has this path.') : undefined),
  );
};

const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const spoofable = [
  'authorization',
  'cookie',
  'expect',
  'forwarded',
  'via',
  'x-real-ip',
  'x-tenant-id',
  'x-client-ip',
  'true-client-ip',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
  'x-request-id',
  'idempotency-key',
  'traceparent',
  'tracestate',
];
const spoofablePrefixes = ['x-uw-', 'x-user', 'x-forwarded', 'x-internal'];

/**
 * Removes what a client may not tell a service: identity and forwarding headers, hop-by-hop headers (RFC 9110, section
 * 7.6.1) with all that `Connection` names, and `Expect`, in whose presence a proxy's own header hooks do not run.
 */
function strip(headers: IncomingHttpHeaders): void {
  const named = (headers.connection ?? '').toLowerCase().split(',');
  for (const name of [...named.map((each) => each.trim()), ...hopByHop, ...spoofable]) delete headers[name];
  for (const name of Object.keys(headers)) {
    if (spoofablePrefixes.some((prefix) => name.startsWith(prefix))) delete headers[name];
  }
}

/** Path and query of a request target, or null for a target that no call has and that two routers might read differently. */
function readTarget(url: string): { path: string; query: string } | null {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  if (!/^\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$/.test(path)) return null;
  if (path.split('/').some((segment) => segment === '.' || segment === '..') || !isDecodable(path)) return null;
  const query = mark === -1 ? '' : url.slice(mark + 1);
  return query.includes('#') ? null : { path, query };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

function saneRequestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[A-Za-z0-9._~:/+=@-]{1,128}$/.test(header) ? header : uuidv7();
}

const probes = new Set(['/healthz', '/readyz']);

/** W3C Trace Context, level 1: a valid incoming trace goes on under a span of ours, anything else begins a new one. */
function continueTrace(req: Request): { traceparent: string; tracestate: string | undefined; span: OpenSpan } {
  const given = single(req.headers.traceparent) ?? '';
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(given);
  const [, trace, parent, flags] = match ?? [];
  const known = trace !== undefined && !/^0+$/.test(trace) && parent !== undefined && !/^0+$/.test(parent);
  // Those who look every few seconds whether we live would be most of what is recorded.
  const span = probes.has(req.url)
    ? noSpan
    : beginSpan(req.method, { kind: 'server', parent: known ? given : undefined });
  const ownSpan = randomBytes(8).toString('hex');
  if (!known) {
    const traceparent = span.traceparent ?? `00-${randomBytes(16).toString('hex')}-${ownSpan}-01`;
    return { traceparent, tracestate: undefined, span };
  }
  const tracestate = single(req.headers.tracestate);
  return {
    traceparent: span.traceparent ?? `00-${trace}-${ownSpan}-${flags}`,
    tracestate: tracestate !== undefined && tracestate.length <= 512 ? tracestate : undefined,
    span,
  };
}
