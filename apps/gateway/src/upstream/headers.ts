import type { IncomingHttpHeaders } from 'node:http';
import { currentRequest } from '@uw-wizard/shared/platform/request-context';
import type { CheckedCall } from '../http/answer-call.ts';

/** What of a client's request a service gets to see. Everything else stays here. */
const passedOn = [
  'accept',
  'accept-language',
  'content-type',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
  'user-agent',
] as const;
/** A provider signs its webhook in a header of its own. */
const providerSignature = /^x-(docusign-signature-\d{1,3}|dropbox-sign-signature|cherry-signature)$/;

/** What of a service's answer is part of the answer, and kept with it for repeats. */
const answerHeaders = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'link',
  'location',
]);
/** What of a service's answer belongs to this one answer only. */
const momentaryHeaders = new Set([
  'idempotent-replayed',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
]);

/** The request headers a service gets, names and values by turns, from those of the client and what was taken down. */
export function headersForService(
  { route, call, loginState }: CheckedCall,
  headers: Readonly<IncomingHttpHeaders>,
): string[] {
  // Each try has a span of its own, while traces are recorded.
  const traceparent = currentRequest()?.traceparent ?? call.traceparent;
  const forService = ['x-request-id', call.requestId, 'traceparent', traceparent];
  if (call.tracestate !== undefined) forService.push('tracestate', call.tracestate);
  for (const name of passedOn) {
    const value = headers[name];
    if (typeof value === 'string') forService.push(name, value);
  }
  if (loginState !== undefined) forService.push('x-uw-login-state', loginState);
  if (route.allow !== 'provider') return forService;
  for (const [name, value] of Object.entries(headers)) {
    if (providerSignature.test(name) && typeof value === 'string') forService.push(name, value);
  }
  return forService;
}

type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The headers of a service's answer that go out with it. `kept` leaves those of the moment away. */
export function headersOfAnswer(headers: AnswerHeaders, which: 'sent' | 'kept'): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value === undefined) continue;
    if (answerHeaders.has(name) || (which === 'sent' && momentaryHeaders.has(name))) chosen[name] = String(value);
  }
  return chosen;
}
