import type { Logger } from './logger.ts';
import { pause } from './worker.ts';

/** `baseMs`, doubled with each attempt up to `maxMs`; up to half of it is dropped at random, so that a crowd spreads out. */
export function backoffMs(attempt: number, baseMs: number, maxMs: number): number {
  return Math.round(Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 20)) * (0.5 + Math.random() / 2));
}

/**
 * Does `work` again and again, later and later, until it succeeds; undefined when aborted first. For what the start of a
 * service needs from a bus that may be away: no reason to give up the service. The first try is made at once.
 */
export async function tryUntilDone<T>(
  work: () => Promise<T>,
  options: { what: string; log?: Logger | undefined; signal: AbortSignal },
): Promise<T | undefined> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      options.log?.error({ err: error, failures }, `${options.what} failed, will try again`);
      await pause(backoffMs(failures, 200, 10_000), options.signal);
      if (options.signal.aborted) return undefined;
    }
  }
}

/** Resolves once `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
