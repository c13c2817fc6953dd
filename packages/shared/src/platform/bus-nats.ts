import { errors, type Subscription } from '@nats-io/transport-node';
import { streamsOf, typesIn } from '../contracts/streams.ts';
import type { Bus } from './bus.ts';
import type { Logger } from './logger.ts';
import type { NatsLink, NatsSession } from './nats-link.ts';
import { createNatsQuestions } from './nats-questions.ts';
import { createSessionStreams } from './nats-session-streams.ts';
import { isRefused, isUnheard, type StreamSettings, streamName } from './nats-streams.ts';
import { subscribeDurable } from './nats-subscription.ts';
import { tryUntilDone } from './try-until.ts';
import type { Stoppable } from './worker.ts';

export type NatsBusOptions = {
  link: NatsLink;
  /** Who we are. A publisher makes the streams it keeps, and brings them up to date, as soon as there is a connection. */
  name: string;
  log: Logger;
  streams?: Partial<StreamSettings> | undefined;
  /** After how long without a sign of life the deliveries of a process go to another. Default 10 s. */
  ackWaitMs?: number | undefined;
  /** How long a delivery may go without ack, nak, term or working before it counts as failed. Default 30 s. */
  patienceMs?: number | undefined;
};

type Message = Parameters<Bus['publish']>[0];

const publishMs = 5_000;

/** The bus on NATS with JetStream: a stream per publisher, a durable per subscriber. Works with servers from 2.9 on. */
export function createNatsBus(options: NatsBusOptions): Bus {
  const { link, name, log } = options;
  const ackWaitMs = options.ackWaitMs ?? 10_000;
  const streams = createSessionStreams({ name, log, settings: options.streams ?? {}, ackWaitMs });
  const questions = createNatsQuestions(link, name, log);
  const subscriptions = new Set<Stoppable>();
  let closed = false;
  for (const own of streamsOf(name)) {
    link.onOpen((session) => {
      const what = `making the stream of ${own}`;
      void tryUntilDone(() => streams.ensure(session, own), { what, log, signal: session.lost });
    });
  }

  const send = async (session: NatsSession, message: Message, tries = 2): Promise<void> => {
    const { stream, subject, id, body } = message;
    const ensured = streams.ensure(session, stream);
    await ensured;
    const expect = { streamName: streamName(stream) };
    try {
      await streams.client(session).publish(subject, body, { msgID: id, timeout: publishMs, expect });
    } catch (error) {
      if (!isUnheard(error) || tries === 1) throw error;
      // The stream was there before: somebody has taken it away.
      streams.forget(session, stream, ensured);
      await send(session, message, tries - 1);
    }
  };

  return {
    async publish(message) {
      const { stream, subject, id } = message;
      if (!typesIn(stream).includes(subject)) {
        throw new Error(`${subject} is no event of ${stream}: the catalogue in contracts/ has it not`);
      }
      const session = link.current();
      if (session === undefined) throw new Error(`the bus is not connected: ${subject} ${id} was not published`);
      try {
        await send(session, message);
      } catch (error) {
        throw explainPublish(error, message);
      }
    },
    async subscribe({ stream, durable, concurrency }, handle) {
      const subscription = subscribeDurable(
        {
          link,
          durable,
          concurrency,
          log,
          ackWaitMs,
          patienceMs: options.patienceMs ?? 30_000,
          ensure: (session) => streams.ensureDurable(session, stream, durable),
        },
        handle,
      );
      subscriptions.add(subscription);
      return {
        async stop() {
          subscriptions.delete(subscription);
          await subscription.stop();
        },
      };
    },
    ask: (subject, body, { timeoutMs }) => questions.ask(subject, body, timeoutMs),
    respond: (subject, answer) => questions.respond(subject, answer),
    hear(subject, heard) {
      let hearing: Subscription | undefined;
      const forget = link.onOpen(({ connection }) => {
        const callback = (error: Error | null) => (error === null ? heard() : undefined);
        hearing = connection.subscribe(subject, { callback });
      });
      return {
        async stop() {
          forget();
          hearing?.unsubscribe();
        },
      };
    },
    reach: 'network',
    connected: () => link.current() !== undefined,
    async close() {
      if (closed) return;
      closed = true;
      // Who wants to wait for what is in hand stops the subscription first. What is still here is delivered again.
      for (const subscription of subscriptions) void subscription.stop();
      await link.close();
    },
  };
}

function explainPublish(error: unknown, { stream, subject, id }: Message): unknown {
  if (error instanceof errors.TimeoutError) {
    return new Error(`no word within ${publishMs} ms that ${subject} ${id} is kept`, { cause: error });
  }
  if (isRefused(error)) return new Error(`the bus does not let us publish ${subject} for ${stream}`, { cause: error });
  return error;
}
