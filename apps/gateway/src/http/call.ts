import type { OpenSpan } from '@uw-wizard/shared/platform/tracing';
import type { Refund } from './rate-limits.ts';

/** What one request said about itself, and what its answer will say besides what it answers. */
export type Call = {
  readonly method: string;
  readonly requestId: string;
  /** The client's trace continued, or one begun here; the last hop in it is ours. */
  readonly traceparent: string;
  /** Of the whole call, while traces are recorded. */
  readonly span: OpenSpan;
  readonly tracestate: string | undefined;
  /** The path as it was sent, percent-encoding and all, without the query. */
  readonly path: string;
  /** False for a target that no call has and that two routers might read differently; its path is `/` then. */
  readonly isSound: boolean;
  /** The query as it was sent, without `?`. */
  readonly query: string;
  /** The client's address: the connection's, or what a trusted proxy says. */
  readonly address: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly csrfHeader: string | undefined;
  readonly tenantHeader: string | undefined;
  readonly keyHeader: string | undefined;
  /** Cookies that the answer sets. */
  setCookies: readonly string[] | null;
  /** What it was counted for: a replay gets it all back. */
  readonly counted: Refund[];
  /** The limit that was looked at last, as the answer tells it. */
  limit: { readonly policy: string; readonly state: string } | null;
  /** The path of the door that took it, with `:name` for what differs from call to call. */
  pattern: string;
};

/** A call that no door took has no pattern; its path would be a name of its own for each typo. */
export const noDoor = '(none)';
