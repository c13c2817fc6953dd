import type { Stream as StreamName } from '../contracts/streams.ts';
import { type Bus, BusSilence } from './bus.ts';
import { createMemoryDurable, type MemoryDurable, type MemoryMessage } from './memory-durable.ts';
import { createMemoryQuestions } from './memory-questions.ts';

export type MemoryBusOptions = {
  /**
   * Publishing waits until `resume` is called. For a process that starts several services: with nobody subscribed yet an
   * event would count as delivered to everybody, so their subscribers come first and `resume` after.
   */
  paused?: boolean;
  /** How long a delivery may go without ack, nak, term or working before it counts as failed. Default 30 s. */
  ackWaitMs?: number;
};

/** The in-process driver of the bus. */
export type MemoryBus = Bus & { resume(): void };

/** Which durables of a stream were given one event, while any of them still has it. */
type InFlight = { readonly given: Map<string, Promise<void>>; open: number };

type Stream = { readonly durables: Map<string, MemoryDurable>; readonly inFlight: Map<string, InFlight> };

/**
 * A bus inside one process. It stores nothing: `publish` resolves when every durable has ended its delivery, and until then
 * the publisher's outbox is the memory. Delivery is tracked per event and durable, so a subscriber that fails or is slow
 * delays nobody else's deliveries. What it holds is what publishers are waiting for, so it is bounded by their bounds on
 * publishes in flight. A durable that has stopped is remembered: publishing rejects until it is back, and the event is
 * not lost to it. A stream that nobody ever subscribed to takes every event at once.
 */
export function createMemoryBus(options: MemoryBusOptions = {}): MemoryBus {
  const streams = new Map<StreamName, Stream>();
  const questions = createMemoryQuestions();
  const listeners = new Map<string, Set<() => void>>();
  const gate = Promise.withResolvers<void>();
  const closing = new AbortController();
  if (!options.paused) gate.resolve();

  const streamOf = (name: StreamName): Stream => {
    const stream = streams.get(name) ?? { durables: new Map(), inFlight: new Map() };
    streams.set(name, stream);
    return stream;
  };

  return {
    async publish({ stream: name, ...message }) {
      await gate.promise;
      if (closing.signal.aborted) throw new Error('the bus is closed');
      for (const heard of listeners.get(message.subject) ?? []) heard();
      await deliverToAll(streamOf(name), message);
    },
    async subscribe({ stream: name, durable: durableName, concurrency }, handle) {
      const stream = streamOf(name);
      const durable = stream.durables.get(durableName) ?? createMemoryDurable(durableName, options.ackWaitMs ?? 30_000);
      stream.durables.set(durableName, durable);
      return { stop: durable.attach(concurrency, handle) };
    },
    async ask(subject, body, { timeoutMs }) {
      if (closing.signal.aborted) throw new BusSilence('no-responder', subject);
      return questions.ask(subject, body, timeoutMs);
    },
    respond: async (subject, answer) => questions.respond(subject, answer),
    hear(subject, heard) {
      const each = () => heard();
      const hearing = listeners.get(subject) ?? new Set();
      listeners.set(subject, hearing.add(each));
      return { stop: async () => void hearing.delete(each) };
    },
    reach: 'process',
    connected: () => !closing.signal.aborted,
    async close() {
      closing.abort();
      gate.resolve();
      for (const { durables } of streams.values()) {
        for (const durable of durables.values()) durable.shut('the bus was closed');
      }
    },
    resume: () => gate.resolve(),
  };
}

/** An event that is published again while a durable still has it joins that delivery instead of making a second one. */
function deliverToAll(stream: Stream, message: MemoryMessage): Promise<unknown> {
  const event = stream.inFlight.get(message.id) ?? { given: new Map(), open: 0 };
  stream.inFlight.set(message.id, event);
  const over = () => {
    event.open -= 1;
    if (event.open === 0) stream.inFlight.delete(message.id);
  };
  for (const durable of stream.durables.values()) {
    if (event.given.has(durable.name)) continue;
    event.open += 1;
    const delivered = durable.deliver(message).then(over, (error: unknown) => {
      // Forgotten, so that the next publish tries this durable again while others still have the event.
      event.given.delete(durable.name);
      over();
      throw error;
    });
    event.given.set(durable.name, delivered);
  }
  if (event.open === 0) stream.inFlight.delete(message.id);
  return Promise.all(event.given.values());
}
