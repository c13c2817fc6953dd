import type { OpenSpan } from '@uw-wizard/shared/platform/tracing';
import type { Request } from 'express';
import type { Refund } from './rate-limits.ts';

/** What one request said about itself, taken down before anything of it was dropped. */
export type Call = {
  readonly requestId: string;
  /** The client's trace continued, or one begun here; the last hop in it is ours. */
  readonly traceparent: string;
  /** Of the whole call, while traces are recorded. */
  readonly span: OpenSpan;
  readonly tracestate: string | undefined;
  /** The path as it was sent, percent-encoding and all, without the query. */
  readonly path: string;
  /** The query as it was sent, without `?`. */
  readonly query: string;
  /** The client's address: the connection's, or what a trusted proxy says. */
  readonly address: string;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  readonly tenantHeader: string | undefined;
  readonly keyHeader: string | undefined;
  /** What it was counted for: a replay gets it all back. */
  readonly counted: Refund[];
  /** The path of the door that took it, with `:name` for what differs from call to call. */
  pattern: string;
};

/** A call that no door took has no pattern; its path would be a name of its own for each typo. */
export const noDoor = '(none)';

const calls = new WeakMap<Request, Call>();

/** Keeps `call` with its request. */
export function rememberCall(req: Request, call: Call): void {
  calls.set(req, call);
}

/** What `req` said about itself; every request has passed `receiveCall`. */
export function callOf(req: Request): Call {
  const call = calls.get(req);
  if (call === undefined) throw new Error('the request was not received');
  return call;
}
