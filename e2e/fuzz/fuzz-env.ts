/** Variables of a house that is to take every call: what a limit turns away finds nothing. */
export const fuzzEnv: Readonly<Record<string, string>> = {
  RATE_LIMIT_KEY_PER_SECOND: '0',
  RATE_LIMIT_ADDRESS_PER_SECOND: '0',
  RATE_LIMIT_LOGIN_PER_MINUTE: '0',
};
