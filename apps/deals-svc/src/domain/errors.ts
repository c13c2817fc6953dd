import type { ProblemKind } from '@uw-wizard/shared/errors';

// Every way deals-svc says no. The status lives with the code; the detail is written where the rule breaks.

export const DEAL_NOT_FOUND = {
  code: 'deal-not-found',
  status: 404,
  title: 'There is no such deal',
} satisfies ProblemKind;

export const MERCHANT_NOT_FOUND = {
  code: 'merchant-not-found',
  status: 404,
  title: 'There is no such merchant',
} satisfies ProblemKind;

export const OFFER_NOT_FOUND = {
  code: 'offer-not-found',
  status: 404,
  title: 'There is no such offer on this deal',
} satisfies ProblemKind;

export const ALERT_NOT_FOUND = {
  code: 'alert-not-found',
  status: 404,
  title: 'There is no such alert',
} satisfies ProblemKind;

export const MERCHANT_MISMATCH = {
  code: 'merchant-mismatch',
  status: 409,
  title: 'The deal belongs to another merchant',
} satisfies ProblemKind;

export const ILLEGAL_TRANSITION = {
  code: 'illegal-transition',
  status: 409,
  title: 'The deal cannot take this step from where it stands',
} satisfies ProblemKind;

export const OFFER_MISSING = {
  code: 'offer-missing',
  status: 409,
  title: 'The deal has no offer to accept',
} satisfies ProblemKind;

export const OFFER_EXPIRED = {
  code: 'offer-expired',
  status: 409,
  title: 'The offer has expired',
} satisfies ProblemKind;

export const OFFER_SUPERSEDED = {
  code: 'offer-superseded',
  status: 409,
  title: 'Newer statements or offers took the place of this offer',
} satisfies ProblemKind;

export const DEAL_EXISTS = {
  code: 'deal-exists',
  status: 409,
  title: 'The merchant already has an unfinished deal',
} satisfies ProblemKind;

export const DEAL_DELETED = {
  code: 'deal-deleted',
  status: 409,
  title: 'The deal was deleted',
} satisfies ProblemKind;

export const DEAL_NOT_ACCEPTED = {
  code: 'deal-not-accepted',
  status: 409,
  title: 'No offer of this deal has been accepted',
} satisfies ProblemKind;

export const BACKGROUND_MISSING = {
  code: 'background-missing',
  status: 400,
  title: 'The background checks have not been run',
} satisfies ProblemKind;

export const BACKGROUND_NOT_OK = {
  code: 'background-not-ok',
  status: 400,
  title: 'The background checks raised flags',
} satisfies ProblemKind;

/** The same kind as the platform's: other services that are told of it say the same. */
export const MERCHANT_ERASED = {
  code: 'merchant-erased',
  status: 410,
  title: "The merchant's personal data was erased",
} satisfies ProblemKind;

/** Another envelope holds this deal's terms: one outstanding envelope per deal. */
export const ENVELOPE_OUTSTANDING = {
  code: 'envelope-outstanding',
  status: 409,
  title: 'Another envelope of this deal is still out',
} satisfies ProblemKind;

export const STATEMENTS_PENDING = {
  code: 'statements-pending',
  status: 503,
  title: 'The bank statements are still being read',
} satisfies ProblemKind;

export const FIELD_READ_ONLY = {
  code: 'field-read-only',
  status: 422,
  title: 'The request sets a field that is computed or decided',
} satisfies ProblemKind;

/** The same kind as the platform's: the domain imports no platform, and a code has one title wherever it is said. */
export const VALIDATION_FAILED = {
  code: 'validation-failed',
  status: 422,
  title: 'The request is not valid',
} satisfies ProblemKind;

export const VERSION_CONFLICT = {
  code: 'version-conflict',
  status: 412,
  title: 'The deal has changed since it was read',
} satisfies ProblemKind;

/** Every kind above, for the page of problems and for the test that each code is used once. */
export const PROBLEM_KINDS: readonly ProblemKind[] = [
  DEAL_NOT_FOUND,
  MERCHANT_NOT_FOUND,
  OFFER_NOT_FOUND,
  ALERT_NOT_FOUND,
  MERCHANT_MISMATCH,
  ILLEGAL_TRANSITION,
  OFFER_MISSING,
  OFFER_EXPIRED,
  OFFER_SUPERSEDED,
  DEAL_EXISTS,
  DEAL_DELETED,
  DEAL_NOT_ACCEPTED,
  BACKGROUND_MISSING,
  BACKGROUND_NOT_OK,
  MERCHANT_ERASED,
  ENVELOPE_OUTSTANDING,
  STATEMENTS_PENDING,
  FIELD_READ_ONLY,
  VALIDATION_FAILED,
  VERSION_CONFLICT,
];
