import type { ProblemKind } from '@uw-wizard/shared/errors';

// Every way the gateway itself says no; those it shares with the services are in the platform's problem.ts.

export const REQUEST_MALFORMED = {
  code: 'request-malformed',
  status: 400,
  title: 'The request is not well formed',
} satisfies ProblemKind;

export const REQUEST_TIMEOUT = {
  code: 'request-timeout',
  status: 408,
  title: 'The request took too long to arrive',
} satisfies ProblemKind;

export const HEADERS_TOO_LARGE = {
  code: 'headers-too-large',
  status: 431,
  title: 'The headers are too large',
} satisfies ProblemKind;

export const TENANT_MISSING = {
  code: 'tenant-missing',
  status: 400,
  title: 'X-Tenant-ID is needed',
} satisfies ProblemKind;

export const TENANT_MISMATCH = {
  code: 'tenant-mismatch',
  status: 403,
  title: 'The credential belongs to another tenant',
} satisfies ProblemKind;

export const IDEMPOTENCY_KEY_MISSING = {
  code: 'idempotency-key-missing',
  status: 400,
  title: 'Idempotency-Key is needed',
} satisfies ProblemKind;

export const IDEMPOTENCY_KEY_INVALID = {
  code: 'idempotency-key-invalid',
  status: 400,
  title: 'The Idempotency-Key cannot be used',
} satisfies ProblemKind;

export const IDEMPOTENCY_IN_PROGRESS = {
  code: 'idempotency-in-progress',
  status: 409,
  title: 'The first request with this key still runs',
} satisfies ProblemKind;

export const IDEMPOTENCY_STORE_UNAVAILABLE = {
  code: 'idempotency-store-unavailable',
  status: 503,
  title: 'Repeated requests cannot be told apart now',
} satisfies ProblemKind;

export const RATE_LIMITED = { code: 'rate-limited', status: 429, title: 'Too many requests' } satisfies ProblemKind;

export const AUTH_UNAVAILABLE = {
  code: 'auth-unavailable',
  status: 503,
  title: 'Credentials cannot be checked now',
} satisfies ProblemKind;

export const SERVICE_UNAVAILABLE = {
  code: 'service-unavailable',
  status: 503,
  title: 'The service cannot be reached now',
} satisfies ProblemKind;

export const BAD_GATEWAY = {
  code: 'bad-gateway',
  status: 502,
  title: 'The service broke off its answer',
} satisfies ProblemKind;

export const GATEWAY_TIMEOUT = {
  code: 'gateway-timeout',
  status: 504,
  title: 'The service did not answer in time',
} satisfies ProblemKind;

export const CSRF_TOKEN_INVALID = {
  code: 'csrf-token-invalid',
  status: 403,
  title: 'The call does not come from a page of ours',
} satisfies ProblemKind;

export const HOST_NOT_ALLOWED = {
  code: 'host-not-allowed',
  status: 421,
  title: 'This server does not answer for that host',
} satisfies ProblemKind;
