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

export const INVALID_RESET_TOKEN = {
  code: 'invalid-reset-token',
  status: 422,
  title: 'The token is good no more',
} satisfies ProblemKind;

export const USER_NOT_FOUND = {
  code: 'user-not-found',
  status: 404,
  title: 'There is no such user',
} satisfies ProblemKind;

/** E-mail addresses are unique in the whole installation: a login names no tenant. */
export const EMAIL_TAKEN = {
  code: 'email-taken',
  status: 409,
  title: 'Another account has this e-mail address',
} satisfies ProblemKind;

export const LAST_ADMIN = {
  code: 'last-admin',
  status: 409,
  title: 'The last admin must stay one',
} satisfies ProblemKind;

export const PASSWORD_NOT_ALLOWED = {
  code: 'password-not-allowed',
  status: 422,
  title: 'The password is too easy to guess',
} satisfies ProblemKind;

/** The password was right; its holder goes on with `mfa_token`. */
export const MFA_REQUIRED = {
  code: 'mfa-required',
  status: 401,
  title: 'The second factor is needed too',
} satisfies ProblemKind;

export const INVALID_MFA_TOKEN = {
  code: 'invalid-mfa-token',
  status: 401,
  title: 'The login must begin again',
} satisfies ProblemKind;

/** No 401: the token that was sent with it is good, and a client must not throw it away. */
export const SECOND_FACTOR_WRONG = {
  code: 'second-factor-wrong',
  status: 422,
  title: 'The code is wrong or was used',
} satisfies ProblemKind;

export const SECOND_FACTOR_EXISTS = {
  code: 'second-factor-exists',
  status: 409,
  title: 'There is a second factor already',
} satisfies ProblemKind;

export const SECOND_FACTOR_MISSING = {
  code: 'second-factor-missing',
  status: 409,
  title: 'There is no second factor',
} satisfies ProblemKind;

export const OIDC_NOT_CONFIGURED = {
  code: 'oidc-not-configured',
  status: 404,
  title: 'There is no login by OpenID Connect here',
} satisfies ProblemKind;

export const OIDC_LOGIN_INVALID = {
  code: 'oidc-login-invalid',
  status: 400,
  title: 'The login at the provider must begin again',
} satisfies ProblemKind;

export const OIDC_LOGIN_REFUSED = {
  code: 'oidc-login-refused',
  status: 403,
  title: 'The account at the provider opens nothing here',
} satisfies ProblemKind;

export const OIDC_PROVIDER_FAILED = {
  code: 'oidc-provider-failed',
  status: 502,
  title: 'The login provider gave an answer that cannot be used',
} satisfies ProblemKind;

export const OIDC_PROVIDER_UNAVAILABLE = {
  code: 'oidc-provider-unavailable',
  status: 503,
  title: 'The login provider does not answer',
} satisfies ProblemKind;

/** No 401: the credential of the call is good, and a client must not throw it away. */
export const CURRENT_PASSWORD_WRONG = {
  code: 'current-password-wrong',
  status: 422,
  title: 'The current password is wrong',
} satisfies ProblemKind;

export const API_KEY_NOT_FOUND = {
  code: 'api-key-not-found',
  status: 404,
  title: 'There is no such API key',
} satisfies ProblemKind;

export const SESSION_NOT_FOUND = {
  code: 'session-not-found',
  status: 404,
  title: 'There is no such session',
} satisfies ProblemKind;

/** As the gateway says it when it counts for itself. */
export const RATE_LIMITED = { code: 'rate-limited', status: 429, title: 'Too many requests' } satisfies ProblemKind;
