import type { Logger } from './logger.ts';
import { pause } from './worker.ts';

/** Something to wait for. A ring while nobody listens is heard by the next one who does. */
export type Bell = { ring(): void; heard(waitMs: number, signal: AbortSignal): Promise<void> };

export function createBell(): Bell {
  let rung = false;
  let wake = (): void => undefined;
  return {
    ring() {
      rung = true;
      wake();
    },
    async heard(waitMs, signal) {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => wake(), waitMs);
          wake = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          signal.addEventListener('abort', wake);
        });
      }
      rung = false;
    },
  };
}

/**
 * Repeats `step` until aborted. It says after how many milliseconds it wants to be called again (0: at once); the bell
 * calls it earlier, but not within `gapMs` of the last time, and `lingerMs` after it rang: who is rung for often then does
 * much at a time. An error is logged and never ends it: it is called again, later and later.
 */
export async function repeat(
  step: () => Promise<number>,
  options: { what: string; bell: Bell; gapMs?: number; lingerMs?: number; signal: AbortSignal; log: Logger },
): Promise<void> {
  const { gapMs = 0, lingerMs = 0 } = options;
  let failures = 0;
  while (!options.signal.aborted) {
    try {
      const begun = performance.now();
      const waitMs = await step();
      failures = 0;
      if (waitMs === 0) continue;
      await options.bell.heard(waitMs, options.signal);
      const early = Math.max(lingerMs, begun + gapMs - performance.now());
      if (early > 1) await pause(early, options.signal);
    } catch (error) {
      failures += 1;
      options.log.error({ err: error, failures }, `${options.what} failed, will try again`);
      await pause(Math.min(10_000, 100 * 2 ** Math.min(failures, 10)), options.signal);
    }
  }
}
