import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { ReadResult } from './read-result.ts';
import type { ReadTask } from './statement.worker.ts';

export type StatementReaderOptions = {
  /** Threads that read side by side; 1 (2 on machines with more than two cores) when absent. */
  maxThreads?: number;
  /** How long one file may take, counted from when its thread begins; 20,000 when absent. */
  deadlineMs?: number;
  /** 60 when absent. */
  maxPages?: number;
  /** Heap of one thread; 256 when absent. */
  memoryMb?: number;
};

export type StatementReader = {
  /** Reads one file. Rejects only when the file cannot be opened, when `signal` aborts, or after `close`; bad content is an answer. */
  read(pdfPath: string, options?: { signal?: AbortSignal }): Promise<ReadResult>;
  close(): Promise<void>;
};

/**
 * A reader of bank statements in worker threads. A file that exhausts its thread's time or memory costs that thread, which is
 * replaced, and is answered `malformed`; the service's own thread never parses a PDF.
 */
export function createStatementReader(options: StatementReaderOptions = {}): StatementReader {
  const deadlineMs = options.deadlineMs ?? 20_000;
  const maxPages = options.maxPages ?? 60;
  const maxThreads = options.maxThreads ?? (availableParallelism() > 2 ? 2 : 1);
  const pool = new Piscina<ReadTask, ReadResult>({
    filename: new URL('./statement.worker.ts', import.meta.url).href,
    name: 'readPdf',
    env: {},
    atomics: 'disabled',
    minThreads: 1,
    maxThreads,
    idleTimeout: 60_000,
    resourceLimits: { maxOldGenerationSizeMb: options.memoryMb ?? 256 },
  });
  const lanes = createLanes(maxThreads);

  return {
    read: (pdfPath, { signal } = {}) =>
      // Waiting for a thread must not eat into the deadline: behind a slow file, a good one would be called malformed.
      lanes(async () => {
        signal?.throwIfAborted();
        const deadline = AbortSignal.timeout(deadlineMs);
        try {
          return await pool.run(
            { pdfPath, maxPages },
            { signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]) },
          );
        } catch (error) {
          signal?.throwIfAborted();
          if (deadline.aborted)
            return { kind: 'malformed', detail: `The file took longer than ${deadlineMs} ms to read` };
          if (isOutOfMemory(error)) return { kind: 'malformed', detail: 'The file takes too much memory to read' };
          throw error;
        }
      }),
    close: () => pool.close({ force: true }),
  };
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** Runs at most `count` jobs at a time; the others wait in the order they came. */
function createLanes(count: number): <T>(job: () => Promise<T>) => Promise<T> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (job) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await job();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
