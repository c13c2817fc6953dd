import type { Delivery } from './bus.ts';

/** One event as the in-process bus holds it while somebody still waits for it. */
export type MemoryMessage = { readonly id: string; readonly subject: string; readonly body: string };

/** The publisher cannot know that this subscriber has had the event: publish it again later. */
export class NotDelivered extends Error {
  constructor(durable: string, why: string) {
    super(`${durable} has not taken the event: ${why}`);
    this.name = 'NotDelivered';
  }
}

type Handle = (delivery: Delivery) => Promise<void>;

/** The in-process bus's side of one durable: its queue, its retries, and who shares the work. */
export type MemoryDurable = {
  readonly name: string;
  /** Resolves when a subscriber has ended the delivery, rejects with NotDelivered when all of them went away first. */
  deliver(message: MemoryMessage): Promise<void>;
  /**
   * Adds one who takes deliveries, `concurrency` at a time. The returned function takes it away again and resolves once
   * nothing is in its hands; with the last one gone what is waiting is refused, and the name stays known.
   */
  attach(concurrency: number, handle: Handle): () => Promise<void>;
  /** Refuses everything that is waiting and everything to come. */
  shut(why: string): void;
};

type Waiting = MemoryMessage & { attempt: number; resolve: () => void; reject: (error: Error) => void };

type Subscriber = { readonly concurrency: number; readonly handle: Handle; readonly inHand: Set<Promise<void>> };

/** Between a handler that failed without a word and the next delivery. */
const redeliverMs = 100;

/** Makes a durable without a subscriber. `ackWaitMs`: how long a delivery may go without a sign before it counts as failed. */
export function createMemoryDurable(name: string, ackWaitMs: number): MemoryDurable {
  const subscribers = new Set<Subscriber>();
  const ready: Waiting[] = [];
  const delayed = new Map<Waiting, NodeJS.Timeout>();

  const refuseWaiting = (why: string) => {
    for (const timer of delayed.values()) clearTimeout(timer);
    const left = [...ready.splice(0), ...delayed.keys()];
    delayed.clear();
    for (const waiting of left) waiting.reject(new NotDelivered(name, why));
  };

  const again = (waiting: Waiting, delayMs: number) => {
    if (subscribers.size === 0) {
      waiting.reject(new NotDelivered(name, 'it stopped'));
      return;
    }
    const next = { ...waiting, attempt: waiting.attempt + 1 };
    const timer = setTimeout(() => {
      delayed.delete(next);
      ready.push(next);
      pump();
    }, delayMs);
    delayed.set(next, timer);
  };

  const pump = () => {
    for (const subscriber of subscribers) {
      while (subscriber.inHand.size < subscriber.concurrency) {
        const waiting = ready.shift();
        if (waiting === undefined) return;
        const run = attemptDelivery(waiting, subscriber.handle, { ackWaitMs, again }).finally(() => {
          subscriber.inHand.delete(run);
          pump();
        });
        subscriber.inHand.add(run);
      }
    }
  };

  return {
    name,
    deliver(message) {
      if (subscribers.size === 0) return Promise.reject(new NotDelivered(name, 'it is away'));
      return new Promise((resolve, reject) => {
        ready.push({ ...message, attempt: 1, resolve, reject });
        pump();
      });
    },
    attach(concurrency, handle) {
      const subscriber: Subscriber = { concurrency, handle, inHand: new Set() };
      subscribers.add(subscriber);
      return async () => {
        subscribers.delete(subscriber);
        if (subscribers.size === 0) refuseWaiting('it stopped');
        await Promise.all(subscriber.inHand);
      };
    },
    shut(why) {
      subscribers.clear();
      refuseWaiting(why);
    },
  };
}

/** Hands one message over once. Resolves, never rejects, when the handler has returned or its time is up. */
async function attemptDelivery(
  waiting: Waiting,
  handle: Handle,
  options: { ackWaitMs: number; again: (waiting: Waiting, delayMs: number) => void },
): Promise<void> {
  const clock = { timer: undefined as NodeJS.Timeout | undefined, expire: (): void => undefined };
  const expired = new Promise<void>((resolve) => {
    clock.expire = resolve;
  });
  let ended = false;
  const end = (how: () => void) => {
    if (ended) return;
    ended = true;
    clearTimeout(clock.timer);
    how();
  };
  const restart = () => {
    if (ended) return;
    clearTimeout(clock.timer);
    clock.timer = setTimeout(() => {
      end(() => options.again(waiting, redeliverMs));
      clock.expire();
    }, options.ackWaitMs);
  };
  restart();
  const { id, subject, body, attempt } = waiting;
  const delivery: Delivery = {
    id,
    subject,
    body,
    attempt,
    ack: async () => end(waiting.resolve),
    nak: async (delayMs) => end(() => options.again(waiting, delayMs)),
    term: async () => end(waiting.resolve),
    working: async () => restart(),
  };
  const handled = Promise.resolve()
    .then(() => handle(delivery))
    .catch(() => undefined);
  await Promise.race([handled, expired]);
  // A handler that threw, or returned without a word, has not said that it is done.
  end(() => options.again(waiting, redeliverMs));
}
