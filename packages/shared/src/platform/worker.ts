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

/** Workers that run. */
export type Running = Stoppable & {
  /** Like `stop`, but waits so long only; names those that have not finished by then. */
  stopWithin(patienceMs: number): Promise<string[]>;
  /** Rejects with the first error of a worker that ended on its own. */
  failed: Promise<never>;
};

/** Starts all workers. `stop` aborts them together and waits for each to finish. */
export function runWorkers(workers: readonly Worker[]): Running {
  const abort = new AbortController();
  const unfinished = new Set(workers);
  const running = workers.map((worker) => worker.run(abort.signal).finally(() => unfinished.delete(worker)));
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
    async stopWithin(patienceMs) {
      abort.abort();
      const finished = new AbortController();
      void Promise.allSettled(running).then(() => finished.abort());
      await pause(patienceMs, finished.signal);
      return [...unfinished].map(({ name }) => name);
    },
  };
}
