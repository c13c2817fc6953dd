import { DomainError, type ProblemKind } from '@uw-wizard/shared/errors';

// Every way signing-svc says no. The status lives with the code; the detail is written where the rule breaks.

export const ENVELOPE_NOT_FOUND = {
  code: 'envelope-not-found',
  status: 404,
  title: 'There is no such envelope',
} satisfies ProblemKind;

/** The deal is already out for signature, to somebody else or with other terms. */
export const ENVELOPE_OUTSTANDING = {
  code: 'envelope-outstanding',
  status: 409,
  title: 'Another envelope of this deal is still out',
} satisfies ProblemKind;

/** The same kind as the deal's owner gives: a signed deal is past being accepted. */
export const DEAL_NOT_ACCEPTED = {
  code: 'deal-not-accepted',
  status: 409,
  title: 'No offer of this deal has been accepted',
} satisfies ProblemKind;

/** Another call is sending this very envelope and has not finished. */
export const ENVELOPE_BUSY = {
  code: 'envelope-busy',
  status: 503,
  title: 'The envelope is just being sent',
} satisfies ProblemKind;

export const SIGNING_PROVIDER_FAILED = {
  code: 'signing-provider-failed',
  status: 502,
  title: 'The signing provider did not take the envelope',
} satisfies ProblemKind;

export const INVALID_SIGNATURE = {
  code: 'invalid-signature',
  status: 401,
  title: 'The signature of the webhook does not verify',
} satisfies ProblemKind;

export const DEAL_MISSING = {
  code: 'deal-missing',
  status: 400,
  title: 'The webhook names no deal',
} satisfies ProblemKind;

/** The mock provider's envelope has ended and cannot be moved any more. */
export const ENVELOPE_ENDED = {
  code: 'envelope-ended',
  status: 409,
  title: 'The envelope has ended',
} satisfies ProblemKind;

/** What another tenant owns is not found either. */
export function envelopeNotFound(id: string): DomainError {
  return new DomainError(ENVELOPE_NOT_FOUND, `There is no envelope ${id}.`);
}
