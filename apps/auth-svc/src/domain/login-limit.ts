/** How many attempts are free, how many of those made are forgiven in an hour, and how long a wait may become. */
export type LoginLimit = { readonly free: number; readonly forgivenPerHour: number; readonly longestSeconds: number };

/**
 * Attempts at one account. Ten, then a wait that doubles from a second to a quarter of an hour: about a hundred guesses a
 * day, for passwords of which none that is on a list is let in. A login that succeeds sets it to nothing.
 */
export const accountLimit: LoginLimit = { free: 10, forgivenPerHour: 1, longestSeconds: 900 };

/**
 * Attempts that failed from one network, at whatever accounts: an office has many people who mistype, and no success of one
 * of them speaks for the others. Fewer than fifty an hour never wait.
 */
export const networkLimit: LoginLimit = { free: 50, forgivenPerHour: 50, longestSeconds: 900 };

/** The waits after the first, second, … attempt in vain, in seconds; after more attempts than these the last of them. */
export function waitsOf(limit: LoginLimit): readonly number[] {
  const grows = Math.ceil(Math.log2(limit.longestSeconds)) + 1;
  return Array.from({ length: limit.free + grows }, (_, at) => waitSeconds(at + 1, limit));
}

/** How long whoever has made `attempts` in vain waits before the next one, in seconds. */
export function waitSeconds(attempts: number, { free, longestSeconds }: LoginLimit): number {
  return attempts < free ? 0 : Math.min(longestSeconds, 2 ** (attempts - free));
}
