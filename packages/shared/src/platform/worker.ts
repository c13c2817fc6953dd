/**
 * Anything that lives as long as the service: a relay, a consumer, a sweep. `run` returns once `signal` is aborted and
 * what was in hand is finished; a rejection ends the service.
 */
export type Worker = { readonly name: string; run(signal: AbortSignal): Promise<void> };

/** What a service is to those who start it: what answers calls, and what runs beside it. */
export type Stoppable = { stop(): Promise<void> };

/** Waits `delayMs`, or until `signal` is aborted; never rejects. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', done);
  });
}

/**
 * Starts all workers. `stop` aborts them together and waits for each to finish; `failed` rejects with the first error of
 * a worker that ended on its own.
 */
export function runWorkers(workers: readonly Worker[]): Stoppable & { failed: Promise<never> } {
  const abort = new AbortController();
  const running = workers.map((worker) => worker.run(abort.signal));
  const failed = new Promise<never>((_, reject) => {
    for (const run of running) run.catch(reject);
  });
  // The service's owner may watch `failed` late or not at all; an unwatched rejection must not be a crash of its own.
  failed.catch(() => undefined);
  return {
    failed,
    async stop() {
      abort.abort();
      await Promise.allSettled(running);
    },
  };
}
