import type { ProblemKind } from '@uw-wizard/shared/errors';

/** One answer for an unknown e-mail, a wrong password and a disabled user: which it was is nobody's business. */
export const INVALID_CREDENTIALS = {
  code: 'invalid-credentials',
  status: 401,
  title: 'E-mail or password is wrong',
} satisfies ProblemKind;

export const INVALID_REFRESH_TOKEN = {
  code: 'invalid-refresh-token',
  status: 401,
  title: 'The session cannot be renewed',
} satisfies ProblemKind;
