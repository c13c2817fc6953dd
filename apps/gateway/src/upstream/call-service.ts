import type { Readable } from 'node:stream';
import type { Route } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import type { Pool } from 'undici';
import { BAD_GATEWAY } from '../errors.ts';
import { isUnreachable, upstreamError } from './upstream-error.ts';

export type ServiceCall = {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Made anew for each attempt: the identity among them is good for 30 seconds. */
  readonly headers: () => Promise<Record<string, string>>;
  /** Opened anew for each attempt; null for a call without a body. */
  readonly body: { readonly sizeBytes: number; open(): Buffer | Readable } | null;
  /** Whether a second attempt does no harm: a read, or a call whose key the service knows. */
  readonly repeatable: boolean;
  readonly timeoutMs: number;
  /** Ends the call early, when nobody waits for the answer of a read any more. */
  readonly abandoned?: AbortSignal;
};

/** A service's answer, held whole. Header names are lower-case. */
export type ServiceAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

const maxAnswerBytes = 16 * 1024 * 1024;

/**
 * Calls `service` and holds its whole answer (16 MiB at most). One deadline covers everything. A repeatable call whose
 * connection broke is tried once more. Throws `service-unavailable`, `bad-gateway` or `gateway-timeout`.
 */
export async function callService(pool: Pool, service: Route['service'], call: ServiceCall): Promise<ServiceAnswer> {
  const deadline = AbortSignal.timeout(call.timeoutMs);
  const signal = call.abandoned ? AbortSignal.any([deadline, call.abandoned]) : deadline;
  try {
    return await attempt(pool, call, signal);
  } catch (error) {
    if (!call.repeatable || signal.aborted || isUnreachable(error) || error instanceof DomainError) {
      throw upstreamError(service, error, deadline.aborted);
    }
  }
  try {
    return await attempt(pool, call, signal);
  } catch (error) {
    throw upstreamError(service, error, deadline.aborted);
  }
}

async function attempt(pool: Pool, call: ServiceCall, signal: AbortSignal): Promise<ServiceAnswer> {
  const headers = await call.headers();
  if (call.body !== null) headers['content-length'] = String(call.body.sizeBytes);
  const {
    statusCode,
    headers: answered,
    body,
  } = await pool.request({
    method: call.method,
    path: call.target,
    headers,
    body: call.body?.open() ?? null,
    signal,
  });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    // Leaving the loop ends the connection.
    if (sizeBytes > maxAnswerBytes) throw new DomainError(BAD_GATEWAY, 'The answer is larger than an answer may be.');
    chunks.push(chunk);
  }
  return { status: statusCode, headers: answered, body: Buffer.concat(chunks, sizeBytes) };
}
