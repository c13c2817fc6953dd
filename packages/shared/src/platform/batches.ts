import type { Stream } from '../contracts/streams.ts';
import { type Bus, type Delivery, durableName } from './bus.ts';
import type { Logger } from './logger.ts';
import { aborted, backoffMs, tryUntilDone } from './try-until.ts';
import type { Worker } from './worker.ts';

export type BatchConsumerOptions = {
  service: string;
  stream: Stream;
  bus: Bus;
  log: Logger;
  /** How long the first of a batch waits for others. Default 250 ms. */
  lingerMs?: number;
  /** Deliveries in hand at a time, and most of a batch. Default 500. */
  most?: number;
  /** Ends every delivery of the batch by ack, nak or term; those that it has not ended when it throws come again. */
  handle: (batch: readonly Delivery[]) => Promise<void>;
};

type Waiting = { delivery: Delivery; done: () => void };

/**
 * One durable subscription `<service>-from-<stream>` for events that need no order and are many: what comes within
 * `lingerMs` is handled together, one batch after the other. When it stops, what is in hand is handled at once.
 */
export function createBatchConsumer(options: BatchConsumerOptions): Worker {
  const { bus, log, stream } = options;
  const { lingerMs, most } = { lingerMs: 250, most: 500, ...options };
  const name = durableName(options.service, stream);
  const waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let stopping = false;

  const work = async (): Promise<void> => {
    const batch = waiting.splice(0, most);
    const deliveries = batch.map(({ delivery }) => delivery);
    try {
      await options.handle(deliveries);
    } catch (error) {
      log.error({ err: error, events: batch.length }, 'a batch failed, will be tried again');
      await Promise.all(deliveries.map((delivery) => delivery.nak(backoffMs(delivery.attempt, 200, 30_000))));
    }
    for (const { done } of batch) done();
  };

  const begin = () => {
    timer = undefined;
    if (busy || waiting.length === 0) return;
    busy = true;
    void work().finally(() => {
      busy = false;
      schedule();
    });
  };

  const schedule = () => {
    if (busy || waiting.length === 0) return;
    if (stopping || waiting.length >= most) {
      clearTimeout(timer);
      begin();
    } else timer ??= setTimeout(begin, lingerMs);
  };

  const subscribe = () =>
    bus.subscribe({ stream, durable: name, concurrency: most }, (delivery) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ delivery, done: resolve });
      schedule();
      return promise;
    });

  return {
    name,
    async run(signal) {
      const subscription = await tryUntilDone(subscribe, { what: `subscribing ${name}`, log, signal });
      await aborted(signal);
      stopping = true;
      schedule();
      await subscription?.stop();
    },
  };
}
