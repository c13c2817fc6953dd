import type { ServerResponse } from 'node:http';
import type { Call } from './call.ts';

/** Names and values by turns, as `writeHead` takes them fastest. */
export type FlatHeaders = string[];

/**
 * What every answer bears besides what it answers: security headers, the request's id, what a page of another origin may
 * see of it, and the state of the limit it was counted for unless the service told of one (`answered`).
 */
export type AnswerHeaders = (call: Call, answered?: Readonly<Record<string, string>>) => FlatHeaders;

/** `exposed`: the headers that pages of other origins may read. */
export function createAnswerHeaders(options: {
  /** Those that are the same for all answers. */
  fixed: FlatHeaders;
  corsOriginOf: (origin: string) => { allow: string; credentials: boolean } | null;
  exposed: readonly string[];
}): AnswerHeaders {
  const { fixed } = options;
  const exposed = options.exposed.join(',');
  return (call, answered) => {
    const headers = fixed.slice();
    headers.push('Vary', 'Origin', 'X-Request-Id', call.requestId);
    const cors = call.origin === undefined ? null : options.corsOriginOf(call.origin);
    if (cors !== null) {
      headers.push('Access-Control-Allow-Origin', cors.allow, 'Access-Control-Expose-Headers', exposed);
      if (cors.credentials) headers.push('Access-Control-Allow-Credentials', 'true');
    }
    if (call.limit !== null && answered?.ratelimit === undefined) {
      headers.push('RateLimit-Policy', call.limit.policy, 'RateLimit', call.limit.state);
    }
    return headers;
  };
}

/** Puts headers on an answer that something else will send. */
export function putHeaders(res: ServerResponse, headers: FlatHeaders): void {
  for (let at = 0; at < headers.length; at += 2) res.setHeader(headers[at] ?? '', headers[at + 1] ?? '');
}
