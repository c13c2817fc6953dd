import { Readable } from 'node:stream';
import { DomainError } from '@uw-wizard/shared/errors';
import type { Dispatcher } from 'undici';
import { BAD_GATEWAY } from '../errors.ts';
import type { Link } from './links.ts';
import type { Replica } from './replica.ts';
import { type Attempt, type TriedCall, tryReplicas } from './try-replicas.ts';
import { NeverSent } from './upstream-error.ts';

export type ServiceCall = TriedCall & {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names and values by turns, made anew for each try: the identity among them is good for 30 seconds. */
  readonly headers: () => string[];
  /** Opened anew for each try; null for a call without a body. */
  readonly body: { readonly sizeBytes: number; open(): Buffer | Readable } | null;
};

/** A service's answer, held whole. Header names are lower-case. */
export type ServiceAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

const maxAnswerBytes = 16 * 1024 * 1024;

/**
 * Calls a service and holds its whole answer (16 MiB at most). Throws `service-unavailable`, `bad-gateway` or
 * `gateway-timeout`.
 */
export function callService(link: Link, call: ServiceCall): Promise<ServiceAnswer> {
  return tryReplicas(link, call, (replica) => begin(replica, call));
}

function begin(replica: Replica, call: ServiceCall): Attempt<ServiceAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ServiceAnswer>();
  let ended: Error | null = null;
  let controller: Dispatcher.DispatchController | null = null;
  let status = 0;
  let answered: ServiceAnswer['headers'] = {};
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const end = (reason: Error) => {
    ended ??= reason;
    controller?.abort(reason);
    reject(reason);
  };
  const headers = call.headers();
  const body = call.body?.open() ?? null;
  if (call.body !== null) headers.push('content-length', String(call.body.sizeBytes));
  replica.pool.dispatch(
    { method: call.method, path: call.target, headers, body },
    {
      onRequestStart(started) {
        controller = started;
        // Its time may have run out while it waited for a connection.
        if (ended !== null) started.abort(ended);
      },
      onResponseStart(_controller, statusCode, headers) {
        status = statusCode;
        answered = headers;
      },
      onResponseData(_controller, chunk) {
        sizeBytes += chunk.length;
        if (sizeBytes > maxAnswerBytes) {
          end(new DomainError(BAD_GATEWAY, 'The answer is larger than an answer may be.'));
        } else chunks.push(chunk);
      },
      onResponseEnd() {
        const [only] = chunks;
        resolve({
          status,
          headers: answered,
          body: only && chunks.length === 1 ? only : Buffer.concat(chunks, sizeBytes),
        });
      },
      onResponseError(_controller, error) {
        if (body instanceof Readable) body.destroy();
        // Without a start the call was waiting for a connection, which could not be made.
        reject(controller === null ? new NeverSent(error.message, { cause: error }) : error);
      },
    },
  );
  return { answer: promise, end };
}
