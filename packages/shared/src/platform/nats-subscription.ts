import { type ConsumerInfo, jetstream } from '@nats-io/jetstream';
import type { Delivery } from './bus.ts';
import type { Logger } from './logger.ts';
import { createInHand, type Origin } from './nats-delivery.ts';
import { type NatsLink, type NatsSession, whileItLasts } from './nats-link.ts';
import { createSlots } from './slots.ts';
import { backoffMs } from './try-until.ts';
import { pause, type Stoppable } from './worker.ts';

type SubscriptionOptions = {
  link: NatsLink;
  durable: string;
  /** Makes the durable, and the stream it stands on, where they are missing. */
  ensure: (session: NatsSession) => Promise<ConsumerInfo>;
  concurrency: number;
  /** After how long without a sign of life of this process its deliveries go to another. */
  ackWaitMs: number;
  /** How long a handler may go without a word before its delivery counts as failed. */
  patienceMs: number;
  log: Logger;
};

/** A consumer that has vanished is noticed by its silence, after two of these. */
const heartbeatMs = 2_500;
const pullMs = 10_000;

/**
 * Takes what the durable has, at most `concurrency` at a time, for as long as it is not stopped: on each connection anew,
 * and again when durable or stream vanish under it.
 */
export function subscribeDurable(
  options: SubscriptionOptions,
  handle: (delivery: Delivery) => Promise<void>,
): Stoppable {
  const { link, durable, concurrency, log } = options;
  const stopping = new AbortController();
  const slots = createSlots(concurrency);
  const inHand = createInHand(handle, options);
  const pulse = setInterval(() => inHand.signOfLife(), Math.min(options.ackWaitMs, options.patienceMs) / 3).unref();

  const consume = async (session: NatsSession): Promise<void> => {
    const info = await options.ensure(session);
    const origin: Origin = { gone: false };
    const messages = await jetstream(session.connection)
      .consumers.getConsumerFromInfo(info)
      // As many more as are handled at a time, fetched before half of them are used up: enough to be always busy, and
      // little enough that another replica gets its share.
      .consume({
        max_messages: concurrency,
        threshold_messages: Math.ceil(concurrency / 2),
        expires: pullMs,
        idle_heartbeat: heartbeatMs,
        abort_on_missing_resource: true,
      });
    const stop = () => void messages.close();
    stopping.signal.addEventListener('abort', stop);
    if (stopping.signal.aborted) stop();
    try {
      for await (const message of messages) {
        await slots.take();
        if (stopping.signal.aborted) {
          inHand.giveBack(message);
          slots.give();
        } else {
          void inHand.attempt(message, origin).finally(() => slots.give());
        }
      }
    } catch (error) {
      origin.gone = true;
      throw error;
    } finally {
      stopping.signal.removeEventListener('abort', stop);
      stop();
    }
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; ; ) {
      const session = await link.opened(stopping.signal);
      if (session === undefined) return;
      try {
        await consume(session);
        failures = 0;
      } catch (error) {
        if (session.lost.aborted || stopping.signal.aborted) continue;
        failures += 1;
        log.warn({ err: error, durable, failures }, 'subscription failed, will be made again');
        await pause(backoffMs(failures, 200, 5_000), stopping.signal);
      }
    }
  };
  const ended = run();

  return {
    async stop() {
      stopping.abort();
      await ended;
      await inHand.empty();
      clearInterval(pulse);
      const session = link.current();
      if (session !== undefined) await whileItLasts(session, session.connection.flush());
    },
  };
}
