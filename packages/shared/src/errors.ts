/** The part of an error that is the same every time it happens: a stable code, its HTTP status and its title. */
export type ProblemKind = { readonly code: string; readonly status: number; readonly title: string };

/** One bad field: `pointer` is an RFC 6901 pointer into the request (`#/merchant/ein`), `detail` says what to send instead. */
export type FieldProblem = { pointer: string; detail: string };

export type DomainErrorOptions = {
  cause?: unknown;
  /** The fields at fault, for answers about a request's content. */
  errors?: readonly FieldProblem[] | undefined;
  /** Seconds after which the same call may succeed; becomes `Retry-After`. */
  retryAfterSeconds?: number | undefined;
  /** Further members of the problem document (RFC 9457, section 3.2). */
  extensions?: Readonly<Record<string, unknown>> | undefined;
};

/**
 * A rule said no. `message` is the public voice, shown to the caller as `detail`; `cause` is ours and only logged.
 * Thrown anywhere, translated once: to a problem document at the HTTP border, to "acknowledge and log" in a consumer.
 */
export class DomainError extends Error {
  readonly kind: ProblemKind;
  readonly errors: readonly FieldProblem[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly extensions: Readonly<Record<string, unknown>> | undefined;

  constructor(kind: ProblemKind, detail: string, options: DomainErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'DomainError';
    this.kind = kind;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.extensions = options.extensions;
  }
}
