import type { Stream } from '../contracts/streams.ts';
import type { Stoppable } from './worker.ts';

/** One attempt to give a message to one durable. Exactly one of ack, nak and term ends it; after a crash it comes again. */
export type Delivery = {
  /** The message's id: the event's id. */
  readonly id: string;
  /** The subject it was published to: the event's type. */
  readonly subject: string;
  readonly body: string;
  /** 1 for the first delivery to this durable. */
  readonly attempt: number;
  ack(): Promise<void>;
  /** Not now: deliver again after `delayMs`. */
  nak(delayMs: number): Promise<void>;
  /** Never again. */
  term(): Promise<void>;
  /** Still at it: restart the clock after which the message would be given to somebody else. */
  working(): Promise<void>;
};

/**
 * The bus between services: streams of events with durable subscribers, and questions with answers. Delivery is at least
 * once and in no promised order; the inbox makes it once and in order. Two drivers, one contract test.
 */
export type Bus = {
  /** How far it goes: among parts of one process, of which there is one of each, or to any number of them elsewhere. */
  readonly reach: 'process' | 'network';
  /**
   * Hands over one event of `stream`. Resolves once it cannot be lost: a durable server has stored it or, without one,
   * every durable has ended its delivery. Rejects when that is not known; publishing the same id again is safe.
   */
  publish(message: { stream: Stream; subject: string; id: string; body: string }): Promise<void>;
  /** Gives every message of `stream` to `durable`, at most `concurrency` at a time. `stop` waits for those in hand. */
  subscribe(
    options: { stream: Stream; durable: string; concurrency: number },
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<Stoppable>;
  /** Puts a question to whoever responds to `subject`. Rejects with BusSilence when nobody does, or not in time. */
  ask(subject: string, body: string, options: { timeoutMs: number }): Promise<string>;
  /** Answers questions; several responders on one subject share them. */
  respond(subject: string, answer: (body: string) => Promise<string>): Promise<Stoppable>;
  /**
   * Calls `heard` when an event of `subject` passes by. Nothing is kept for who is away, and it may pass more than once: a
   * reason to look sooner, never the news itself.
   */
  hear(subject: string, heard: () => void): Stoppable;
  /** Whether the bus can be used now. */
  connected(): boolean;
  close(): Promise<void>;
};

/** What `service` has of `stream` goes by this name, on every bus and in every release. */
export function durableName(service: string, stream: Stream): string {
  return `${service}-from-${stream}`;
}

/** Nobody answered: no responder, or none in time. */
export class BusSilence extends Error {
  readonly reason: 'no-responder' | 'timeout';

  constructor(reason: 'no-responder' | 'timeout', subject: string) {
    super(reason === 'no-responder' ? `nobody answers ${subject}` : `no answer to ${subject} in time`);
    this.name = 'BusSilence';
    this.reason = reason;
  }
}
