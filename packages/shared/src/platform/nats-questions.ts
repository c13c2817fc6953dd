import { headers, type Msg, type Subscription } from '@nats-io/transport-node';
import { BusSilence } from './bus.ts';
import type { Logger } from './logger.ts';
import { type Asker, answersOf, createAsker, failedHeader, patienceHeader } from './nats-asker.ts';
import { type NatsLink, type NatsSession, whileItLasts } from './nats-link.ts';
import { createSlots } from './slots.ts';
import type { Stoppable } from './worker.ts';

const queue = 'responders';
const answersAtOnce = 32;
const questionsWaiting = 1_000;

/** Questions and answers over a server. Nothing is kept: without a connection, or a responder, the asker hears so at once. */
export function createNatsQuestions(link: NatsLink, name: string, log: Logger) {
  const askers = new WeakMap<NatsSession, Asker>();
  return {
    async ask(subject: string, body: string, timeoutMs: number): Promise<string> {
      const session = link.current();
      if (session === undefined) throw new BusSilence('no-responder', subject);
      const ask = askers.get(session) ?? createAsker(session, name);
      askers.set(session, ask);
      return ask(subject, body, timeoutMs);
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

function createResponding(subject: string, answer: (body: string) => Promise<string>, log: Logger) {
  const owner = subject.split('.')[1] ?? '';
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
      } else if (!question.reply?.startsWith(`${answersOf(owner)}.`)) {
        // An answer that went elsewhere could be taken for something else that we say, an event for instance.
        log.warn({ subject, reply: question.reply }, 'a question does not want its answer where answers go');
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
