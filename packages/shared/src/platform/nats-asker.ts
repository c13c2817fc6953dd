import { headers, type Msg, nuid, PermissionViolationError } from '@nats-io/transport-node';
import { BusSilence } from './bus.ts';
import { subjectToken } from './nats-dial.ts';
import type { NatsSession } from './nats-link.ts';

/** How long the asker waits, so that nobody works on an answer that nobody waits for. */
export const patienceHeader = 'Uw-Timeout-Ms';
/** Stands on the reply of a responder that has failed; what it wanted to say stays on its side. */
export const failedHeader = 'Uw-Failed';

/** So often a question is put, evenly over its time, until somebody answers. */
const putsPerQuestion = 3;

type Waiting = { readonly subject: string; hear(reply: Msg): void; end(outcome: string | Error): void };

/** Puts questions over one connection. */
export type Asker = (subject: string, body: string, timeoutMs: number) => Promise<string>;

/** Where `owner` may answer, whoever asks: the whole of it is `answer.<owner>.<asker>.<connection>.<question>`. */
export function answersOf(owner: string): string {
  return `answer.${subjectToken(owner)}`;
}

/** Where `asker` hears answers, whoever gives them. */
export function answersTo(asker: string): string {
  return `answer.*.${subjectToken(asker)}`;
}

/**
 * A replica that dies takes along the question in its hand, and nobody says so: one that is still open is put again, to
 * whoever listens now, and the first answer counts.
 *
 * Questions have an inbox of their own in which both sides are named. So a server can let an owner answer, and say nothing
 * else to anybody, by a fixed rule; letting each user reply to what it received costs the server a growing table, in which
 * every event counts as a question.
 */
export function createAsker({ connection, lost }: NatsSession, name: string): Asker {
  const waiting = new Map<string, Waiting>();
  const mine = nuid.next();
  let count = 0;

  const endAll = (outcome: (waiter: Waiting) => Error, which: (waiter: Waiting) => boolean = () => true) => {
    for (const waiter of [...waiting.values()].filter(which)) waiter.end(outcome(waiter));
  };
  connection.subscribe(`${answersTo(name)}.${mine}.*`, {
    callback(error, reply) {
      if (error !== null) endAll(({ subject }) => refused(subject, error));
      else waiting.get(reply.subject)?.hear(reply);
    },
  });
  // Lost on the way: it may have been heard.
  lost.addEventListener('abort', () => endAll(({ subject }) => new BusSilence('timeout', subject)));
  const watch = async () => {
    for await (const status of connection.status()) {
      if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue;
      const { error } = status;
      endAll(
        ({ subject }) => refused(subject, error),
        ({ subject }) => subject === error.subject,
      );
    }
  };
  void watch();

  return (subject, body, timeoutMs) =>
    new Promise((resolve, reject) => {
      const owner = subject.split('.')[1] ?? '';
      count += 1;
      const reply = `${answersOf(owner)}.${subjectToken(name)}.${mine}.${count}`;
      const everyMs = timeoutMs / putsPerQuestion;
      let puts = 0;
      let timer: NodeJS.Timeout | undefined;
      const waiter: Waiting = {
        subject,
        hear(reply) {
          // Nobody listens any more, but who heard it before may still answer: one that is about to stop.
          if (puts > 1 && isUnheard(reply)) return;
          waiter.end(outcomeOf(reply, subject));
        },
        end(outcome) {
          clearTimeout(timer);
          waiting.delete(reply);
          if (typeof outcome === 'string') resolve(outcome);
          else reject(outcome);
        },
      };
      const put = () => {
        if (puts === putsPerQuestion) return waiter.end(new BusSilence('timeout', subject));
        timer = setTimeout(put, everyMs);
        const about = headers();
        about.set(patienceHeader, String(Math.ceil(timeoutMs - puts * everyMs)));
        puts += 1;
        try {
          connection.publish(subject, body, { reply, headers: about });
        } catch (error) {
          waiter.end(error instanceof Error ? error : new Error(String(error)));
        }
      };
      waiting.set(reply, waiter);
      put();
    });
}

function outcomeOf(reply: Msg, subject: string): string | Error {
  if (isUnheard(reply)) return new BusSilence('no-responder', subject);
  if (reply.headers?.has(failedHeader)) return new BusSilence('timeout', subject);
  return reply.string();
}

/** So the server itself says that nobody listens. */
function isUnheard(reply: Msg): boolean {
  return reply.data.length === 0 && reply.headers?.code === 503;
}

function refused(subject: string, cause: Error): Error {
  return new Error(`the bus does not let us ask ${subject}: contracts/neighbours.ts says who asks what`, { cause });
}
