import { DomainError } from '@uw-wizard/shared/errors';
import { BAD_GATEWAY, GATEWAY_TIMEOUT, SERVICE_UNAVAILABLE } from '../errors.ts';

/** Why a call was ended from this side: its time is over. */
export const outOfTime = new Error('the service did not answer in time');

/** Why a try was ended from this side: its replica does not answer, and another one may. */
export const silence = new Error('the replica is silent');

/** Codes of Node and undici that mean: nobody listens there. */
const refusals = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether nobody listens there. */
export function isRefusal(error: unknown): boolean {
  // Several addresses tried: one error that holds each.
  if (error instanceof AggregateError) return error.errors.every(isRefusal);
  return refusals.has(error instanceof Error && 'code' in error ? String(error.code) : '');
}

/** A try that ended before a byte of it was sent, whatever the reason. */
export class NeverSent extends Error {}

/** Whether nothing of a failed try can have reached a service. */
export function isNeverSent(error: unknown): boolean {
  return error instanceof NeverSent || isRefusal(error);
}

/** No replica of the service listens. */
export function serviceAway(service: string, cause?: unknown): DomainError {
  return new DomainError(SERVICE_UNAVAILABLE, `${service} is away for the moment. Try again with the same key.`, {
    retryAfterSeconds: 1,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What a failed call to a service is to the client: unreachable 503, out of time 504, broken off 502. */
export function upstreamError(service: string, cause: unknown): DomainError {
  if (cause instanceof DomainError) return cause;
  if (isNeverSent(cause)) return serviceAway(service, cause);
  const kind = cause === outOfTime ? GATEWAY_TIMEOUT : BAD_GATEWAY;
  return new DomainError(kind, 'Whether the call took effect is not known. Repeat it with the same key.', { cause });
}
