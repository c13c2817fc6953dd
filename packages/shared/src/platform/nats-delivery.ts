import type { JsMsg } from '@nats-io/jetstream';
import type { Delivery } from './bus.ts';
import type { Logger } from './logger.ts';
import { backoffMs } from './try-until.ts';

/** The consumer a message came from: gone means that the server has forgotten it, and with it what its numbers stand for. */
export type Origin = { gone: boolean };

/** Attempts that are in somebody's hands. */
export type InHand = {
  /** Hands a message over. Resolves, never rejects, when the handler has returned or its time is up. */
  attempt(message: JsMsg, origin: Origin): Promise<void>;
  /** Tells the server that we are still at it, for each that has not outstayed its time. Called every so often. */
  signOfLife(): void;
  /** Gives back at once what nobody here will handle. */
  giveBack(message: JsMsg): void;
  /** Resolves when there is nothing in hand. */
  empty(): Promise<void>;
};

type Attempt = { readonly message: JsMsg; touchedAt: number; fail(): void };

/** Between a handler that failed without a word and the next delivery. */
const redeliverMs = 100;
const maxRedeliverMs = 10_000;

/**
 * Keeps what is in the hands of `handle`. Acknowledgements do not wait for the server's reply: one that is lost brings
 * the event again, and the inbox knows it. A handler that gives no sign for `patienceMs` has failed.
 */
export function createInHand(
  handle: (delivery: Delivery) => Promise<void>,
  options: { patienceMs: number; log: Logger },
): InHand {
  const attempts = new Set<Attempt>();
  const running = new Set<Promise<void>>();

  const run = async (message: JsMsg, origin: Origin): Promise<void> => {
    const overdue = Promise.withResolvers<void>();
    const attempt: Attempt = { message, touchedAt: Date.now(), fail: () => undefined };
    attempts.add(attempt);
    const end = async (word: () => void) => {
      if (!attempts.delete(attempt)) return;
      // The numbers that a word carries may by now mean another event.
      if (!origin.gone) word();
    };
    const number = message.info.deliveryCount;
    const again = () => end(() => message.nak(backoffMs(number, redeliverMs, maxRedeliverMs)));
    attempt.fail = () => {
      void again();
      overdue.resolve();
    };
    const delivery: Delivery = {
      id: message.headers?.get('Nats-Msg-Id') ?? `${message.info.stream}-${message.seq}`,
      subject: message.subject,
      body: message.string(),
      attempt: number,
      ack: () => end(() => message.ack()),
      // A nak without a delay would bring the message back at once, and again, as fast as it goes.
      nak: (delayMs) => end(() => message.nak(Math.max(1, Math.ceil(delayMs)))),
      // Without a reason: a server before 2.11 takes one for no answer at all, and delivers again.
      term: () => end(() => message.term()),
      async working() {
        attempt.touchedAt = Date.now();
      },
    };
    const handled = Promise.resolve()
      .then(() => handle(delivery))
      .catch((error: unknown) => options.log.debug({ err: error, event_id: delivery.id }, 'a handler threw'));
    await Promise.race([handled, overdue.promise]);
    // One that threw, or returned without a word, has not said that it is done.
    await again();
  };

  return {
    attempt(message, origin) {
      const whole = run(message, origin).finally(() => running.delete(whole));
      running.add(whole);
      return whole;
    },
    signOfLife() {
      for (const attempt of attempts) {
        if (Date.now() - attempt.touchedAt < options.patienceMs) attempt.message.working();
        else attempt.fail();
      }
    },
    giveBack: (message) => message.nak(1),
    async empty() {
      await Promise.all(running);
    },
  };
}
