import {
  errors,
  headers,
  type Msg,
  type NatsConnection,
  RequestError,
  type Subscription,
} from '@nats-io/transport-node';
import { BusSilence } from './bus.ts';
import type { Logger } from './logger.ts';
import { type NatsLink, type NatsSession, whileItLasts } from './nats-link.ts';
import { isRefused } from './nats-streams.ts';
import { createSlots } from './slots.ts';
import type { Stoppable } from './worker.ts';

/** How long the asker waits, so that nobody works on an answer that nobody waits for. */
const patienceHeader = 'Uw-Timeout-Ms';
/** Stands on the reply of a responder that has failed; what it wanted to say stays on its side. */
const failedHeader = 'Uw-Failed';
const queue = 'responders';
const answersAtOnce = 32;
const questionsWaiting = 1_000;

/** Questions and answers over a server. Nothing is kept: without a connection, or a responder, the asker hears so at once. */
export function createNatsQuestions(link: NatsLink, log: Logger) {
  return {
    async ask(subject: string, body: string, timeoutMs: number): Promise<string> {
      const connection = link.current()?.connection;
      if (connection === undefined) throw new BusSilence('no-responder', subject);
      const reply = await request(connection, subject, body, timeoutMs);
      if (reply.headers?.has(failedHeader)) throw new BusSilence('timeout', subject);
      return reply.string();
    },
    async respond(subject: string, answer: (body: string) => Promise<string>): Promise<Stoppable> {
      const responder = createResponding(subject, answer, log);
      let held: { session: NatsSession; subscription: Subscription } | undefined;
      const forget = link.onOpen((session) => {
        held = { session, subscription: session.connection.subscribe(subject, { queue, callback: responder.take }) };
      });
      const flushed = async () => {
        if (held !== undefined) await whileItLasts(held.session, held.session.connection.flush());
      };
      await flushed();
      return {
        async stop() {
          forget();
          if (held !== undefined) await whileItLasts(held.session, held.subscription.drain());
          await responder.empty();
          await flushed();
        },
      };
    },
  };
}

async function request(connection: NatsConnection, subject: string, body: string, timeoutMs: number): Promise<Msg> {
  const about = headers();
  about.set(patienceHeader, String(timeoutMs));
  try {
    return await connection.request(subject, body, { timeout: timeoutMs, headers: about });
  } catch (error) {
    if (error instanceof errors.TimeoutError) throw new BusSilence('timeout', subject);
    if (isRefused(error))
      throw new Error(`the bus does not let us ask ${subject}: see neighbours.ts`, { cause: error });
    if (!(error instanceof RequestError)) throw error;
    // Lost on the way: it may have been heard.
    throw new BusSilence(error.isNoResponders() ? 'no-responder' : 'timeout', subject);
  }
}

function createResponding(subject: string, answer: (body: string) => Promise<string>, log: Logger) {
  const slots = createSlots(answersAtOnce);
  const inHand = new Set<Promise<void>>();

  const respond = async (question: Msg): Promise<void> => {
    const heardAt = Date.now();
    await slots.take();
    try {
      const patienceMs = Number(question.headers?.get(patienceHeader));
      if (patienceMs > 0 && Date.now() - heardAt > patienceMs) return;
      question.respond(await answer(question.string()));
    } catch (error) {
      log.debug({ err: error, subject }, 'a responder threw');
      fail(question);
    } finally {
      slots.give();
    }
  };

  return {
    take(error: Error | null, question: Msg): void {
      if (error !== null) {
        log.error({ err: error, subject }, 'the bus does not let us answer questions');
      } else if (slots.load() >= questionsWaiting) {
        fail(question);
      } else {
        const whole = respond(question).finally(() => inHand.delete(whole));
        inHand.add(whole);
      }
    },
    async empty(): Promise<void> {
      await Promise.all(inHand);
    },
  };
}

function fail(question: Msg): void {
  const why = headers();
  why.set(failedHeader, '1');
  question.respond('', { headers: why });
}
