import type { Logger } from '@uw-wizard/shared/platform/logger';
import type { Worker } from '@uw-wizard/shared/platform/worker';

/** A worker that looks for due work again and again, and at once when woken. */
export type Sweep = Worker & { wake(): void };

/**
 * Calls `step` every `pollMs`, or as soon as `wake` is called, and again without waiting while it finds work. `step` says
 * whether it found any; when it rejects, that is logged and it waits for the next time.
 */
export function createSweep(options: {
  name: string;
  pollMs: number;
  log: Logger;
  step: (signal: AbortSignal) => Promise<boolean>;
}): Sweep {
  let woken = false;
  let wakeUp: (() => void) | null = null;
  const rest = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (woken || signal.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        wakeUp = null;
        resolve();
      };
      const timer = setTimeout(done, options.pollMs);
      signal.addEventListener('abort', done);
      wakeUp = done;
    });
  return {
    name: options.name,
    wake() {
      woken = true;
      wakeUp?.();
    },
    async run(signal) {
      while (!signal.aborted) {
        woken = false;
        let found = false;
        try {
          found = await options.step(signal);
        } catch (error) {
          options.log.error({ err: error, worker: options.name }, 'a sweep failed and is tried again');
        }
        if (!found) await rest(signal);
      }
    },
  };
}
