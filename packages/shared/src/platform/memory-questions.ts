import { BusSilence } from './bus.ts';
import type { Stoppable } from './worker.ts';

type Answer = (body: string) => Promise<string>;
type Responder = { readonly answer: Answer; readonly inHand: Set<Promise<unknown>> };

/** Questions and answers inside one process: responders of one subject take turns. */
export function createMemoryQuestions(): {
  ask(subject: string, body: string, timeoutMs: number): Promise<string>;
  respond(subject: string, answer: Answer): Stoppable;
} {
  const responders = new Map<string, Responder[]>();
  return {
    async ask(subject, body, timeoutMs) {
      const responder = responders.get(subject)?.shift();
      if (responder === undefined) throw new BusSilence('no-responder', subject);
      responders.get(subject)?.push(responder);
      const answered = Promise.resolve().then(() => responder.answer(body));
      const inHand = answered.then(
        () => undefined,
        () => undefined,
      );
      responder.inHand.add(inHand);
      void inHand.then(() => responder.inHand.delete(inHand));
      return withDeadline(answered, subject, timeoutMs);
    },
    respond(subject, answer) {
      const responder: Responder = { answer, inHand: new Set() };
      responders.set(subject, [...(responders.get(subject) ?? []), responder]);
      return {
        async stop() {
          responders.set(
            subject,
            (responders.get(subject) ?? []).filter((other) => other !== responder),
          );
          await Promise.all(responder.inHand);
        },
      };
    },
  };
}

/** A responder that fails has not answered: what it wanted to say stays on its side, as over a network. */
function withDeadline(answered: Promise<string>, subject: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new BusSilence('timeout', subject)), timeoutMs);
    answered.then(
      (text) => {
        clearTimeout(timer);
        resolve(text);
      },
      () => {
        clearTimeout(timer);
        reject(new BusSilence('timeout', subject));
      },
    );
  });
}
