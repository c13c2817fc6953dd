/** How many attempts are free, and how long the wait after more of them may become. */
export type LoginLimit = { readonly free: number; readonly longestSeconds: number };

/**
 * Attempts at one account. Ten, then a wait that doubles from a second to a quarter of an hour: about a hundred guesses a
 * day, for passwords of which none that is on a list is let in. A login that succeeds sets it to nothing.
 */
export const accountLimit: LoginLimit = { free: 10, longestSeconds: 900 };

/** Attempts that failed from one network, at whatever accounts: an office has many people, and one who tries them all. */
export const networkLimit: LoginLimit = { free: 50, longestSeconds: 900 };

/** Attempts are forgotten when there was none for so long. */
export const forgottenAfterHours = 24;

/** The waits after the first, second, … attempt in vain, in seconds; after more attempts than these the last of them. */
export function waitsOf(limit: LoginLimit): readonly number[] {
  const grows = Math.ceil(Math.log2(limit.longestSeconds)) + 1;
  return Array.from({ length: limit.free + grows }, (_, at) => waitSeconds(at + 1, limit));
}

/** How long whoever has made `attempts` in vain waits before the next one, in seconds. */
export function waitSeconds(attempts: number, { free, longestSeconds }: LoginLimit): number {
  return attempts < free ? 0 : Math.min(longestSeconds, 2 ** (attempts - free));
}
