import { DomainError } from '@uw-wizard/shared/errors';
import { BAD_GATEWAY, GATEWAY_TIMEOUT, SERVICE_UNAVAILABLE } from '../errors.ts';

/** Codes of Node and undici that mean: nothing of the call has reached a service. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether the service could not be reached at all. */
export function isUnreachable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // Several addresses tried: one error that holds each.
  if (error instanceof AggregateError) return error.errors.every(isUnreachable);
  return unreachable.has(code);
}

/** What a failed call to a service is to the client: unreachable 503, out of time 504, broken off 502. */
export function upstreamError(service: string, cause: unknown, outOfTime: boolean): DomainError {
  if (cause instanceof DomainError) return cause;
  if (outOfTime) {
    return new DomainError(GATEWAY_TIMEOUT, 'Whether the call took effect is not known. Repeat it with the same key.', {
      cause,
    });
  }
  if (isUnreachable(cause)) {
    return new DomainError(SERVICE_UNAVAILABLE, `${service} is away for the moment. Try again with the same key.`, {
      retryAfterSeconds: 1,
      cause,
    });
  }
  return new DomainError(BAD_GATEWAY, 'Whether the call took effect is not known. Repeat it with the same key.', {
    cause,
  });
}
