import type { Logger } from './logger.ts';
import { aborted, tryUntilDone } from './try-until.ts';
import type { Stoppable, Worker } from './worker.ts';

/**
 * Keeps a service's answers to questions (`answerAsk`) up until it stops; then waits for those in hand. When `start`
 * fails, because the bus is away, it is tried again.
 */
export function createResponder(options: { name: string; start: () => Promise<Stoppable[]>; log?: Logger }): Worker {
  return {
    name: options.name,
    async run(signal) {
      const started = await tryUntilDone(options.start, { what: options.name, log: options.log, signal });
      await aborted(signal);
      await Promise.all((started ?? []).map((responder) => responder.stop()));
    },
  };
}
