import type { IncomingHttpHeaders } from 'node:http';
import type { Route } from '@uw-wizard/shared/contracts/routes';
import { currentRequest } from '@uw-wizard/shared/platform/request-context';
import type { Call } from '../http/call.ts';

/** What of a client's request a service gets to see. Everything else stays here. */
const passedOn = new Set([
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
]);
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

/** The request headers a service gets, from those of the client and what the gateway took down. */
export function headersForService(
  route: Route,
  call: Call,
  headers: Readonly<IncomingHttpHeaders>,
): Record<string, string> {
  // Each try has a span of its own, while traces are recorded.
  const traceparent = currentRequest()?.traceparent ?? call.traceparent;
  const forService: Record<string, string> = { 'x-request-id': call.requestId, traceparent };
  if (call.tracestate !== undefined) forService.tracestate = call.tracestate;
  for (const [name, value] of Object.entries(headers)) {
    const passes = passedOn.has(name) || (route.allow === 'provider' && providerSignature.test(name));
    if (passes && typeof value === 'string') forService[name] = value;
  }
  return forService;
}

type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The headers of a service's answer that go out with it. `kept` leaves those of the moment away. */
export function headersOfAnswer(headers: AnswerHeaders, which: 'sent' | 'kept'): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (answerHeaders.has(name) || (which === 'sent' && momentaryHeaders.has(name))) chosen[name] = String(value);
  }
  return chosen;
}
