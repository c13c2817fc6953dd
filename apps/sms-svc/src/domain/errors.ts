import type { ProblemKind } from '@uw-wizard/shared/errors';

export const INVALID_PHONE = {
  code: 'invalid-phone',
  status: 422,
  title: 'The phone number is not valid',
} satisfies ProblemKind;
export const RECIPIENT_OPTED_OUT = {
  code: 'recipient-opted-out',
  status: 409,
  title: 'The recipient said stop',
} satisfies ProblemKind;
export const CONSENT_MISSING = {
  code: 'consent-missing',
  status: 409,
  title: 'The recipient has not agreed to marketing texts',
} satisfies ProblemKind;
export const RATE_LIMITED = { code: 'rate-limited', status: 429, title: 'Too many texts' } satisfies ProblemKind;
export const SMS_PROVIDER_FAILED = {
  code: 'sms-provider-failed',
  status: 502,
  title: 'The SMS provider failed',
} satisfies ProblemKind;
export const INVALID_SIGNATURE = {
  code: 'invalid-signature',
  status: 401,
  title: 'The signature does not verify',
} satisfies ProblemKind;
