import { availableParallelism } from 'node:os';
import { memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { Piscina } from 'piscina';
import { createPlaces } from '../places.ts';
import type { ReadResult } from './read-result.ts';
import type { ReadTask } from './statement.worker.ts';

// Threads that begin after this have `gc`. Each setting it for itself, while others run, is what Node warns may end in a crash.
setFlagsFromString('--expose-gc');

export type StatementReaderOptions = {
  log?: Logger;
  /** Threads that read side by side; 1 (2 on machines with more than two cores) when absent. */
  maxThreads?: number;
  /** How long one file may take, counted from when its thread begins; 20,000 when absent. */
  deadlineMs?: number;
  /** 60 when absent. */
  maxPages?: number;
  /** Heap of one thread; 256 when absent. */
  memoryMb?: number;
  /** How much the whole process may grow while a file is read; 768 when absent. */
  growthMb?: number;
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
  const { deadlineMs = 20_000, maxPages = 60, memoryMb = 256, growthMb = 768 } = options;
  const maxThreads = options.maxThreads ?? (availableParallelism() > 2 ? 2 : 1);
  const pool = new Piscina<ReadTask, ReadResult>({
    filename: new URL('./statement.worker.ts', import.meta.url).href,
    name: 'readPdf',
    env: {},
    atomics: 'disabled',
    minThreads: 1,
    maxThreads,
    idleTimeout: 60_000,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  // A thread that dies between two files is replaced; unheard, its end would end the service.
  pool.on('error', (error: unknown) => options.log?.error({ err: error }, 'a thread that reads statements has died'));
  const enter = createPlaces(maxThreads);

  const readOne = async (pdfPath: string, signal: AbortSignal | undefined): Promise<ReadResult> => {
    // Waiting for a thread must not eat into the deadline: behind a slow file, a good one would be called malformed.
    const leave = await enter(signal);
    const limits = watch({ deadlineMs, growthMb, signal });
    try {
      return await pool.run({ pdfPath, maxPages }, { signal: limits.signal });
    } catch (error) {
      signal?.throwIfAborted();
      const exceeded = limits.exceeded();
      if (exceeded === 'time')
        return { kind: 'malformed', detail: `The file took longer than ${deadlineMs} ms to read` };
      if (exceeded === 'memory' || isOutOfMemory(error)) {
        return { kind: 'malformed', detail: 'The file takes too much memory to read' };
      }
      throw error;
    } finally {
      limits.stop();
      leave();
    }
  };

  return {
    read: (pdfPath, { signal } = {}) => readOne(pdfPath, signal),
    close: () => pool.close({ force: true }),
  };
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

type Watch = { signal: AbortSignal; exceeded(): 'time' | 'memory' | null; stop(): void };

/**
 * Aborts with `signal`, and when a file takes too long or too much. Unpacked streams lie outside the heap that a thread's limit
 * covers, and a small file can unpack to gigabytes: so the process is watched. Most files are read before the first look.
 */
function watch(limits: { deadlineMs: number; growthMb: number; signal: AbortSignal | undefined }): Watch {
  const controller = new AbortController();
  let exceeded: 'time' | 'memory' | null = null;
  const before = sizeBefore();
  const stopFor = (limit: 'time' | 'memory') => {
    exceeded ??= limit;
    controller.abort();
  };
  const abort = () => controller.abort();
  const deadline = setTimeout(stopFor, limits.deadlineMs, 'time');
  const growth = setInterval(() => {
    // What this file leaves behind is not the next one's.
    lastSize = undefined;
    if (memoryUsage.rss() - before > limits.growthMb * 1_048_576) stopFor('memory');
  }, 25);
  limits.signal?.addEventListener('abort', abort);
  if (limits.signal?.aborted === true) abort();
  return {
    signal: controller.signal,
    exceeded: () => exceeded,
    stop: () => {
      clearTimeout(deadline);
      clearInterval(growth);
      limits.signal?.removeEventListener('abort', abort);
    },
  };
}

let lastSize: { bytes: number; atMs: number } | undefined;

/** How large the process was a second ago at most: to ask the system takes the event loop a third of a millisecond. */
function sizeBefore(): number {
  const atMs = performance.now();
  if (lastSize === undefined || atMs - lastSize.atMs > 1_000) lastSize = { bytes: memoryUsage.rss(), atMs };
  return lastSize.bytes;
}
