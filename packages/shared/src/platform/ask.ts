import { z } from 'zod';
import type { AskContract } from '../contracts/asks.ts';
import { DomainError } from '../errors.ts';
import { type Bus, BusSilence } from './bus.ts';
import type { Logger } from './logger.ts';
import { INTERNAL_ERROR, OWNER_UNAVAILABLE, toDomainError } from './problem.ts';
import { currentRequest, inRequest } from './request-context.ts';
import { type Attributes, inSpan } from './tracing.ts';
import type { Stoppable } from './worker.ts';

const questionSchema = z.object({ request_id: z.string(), traceparent: z.string().optional(), input: z.unknown() });

const replySchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), output: z.unknown() }),
  z.object({
    ok: z.literal(false),
    kind: z.object({ code: z.string(), status: z.int(), title: z.string() }),
    detail: z.string(),
    retry_after_seconds: z.number().optional(),
  }),
]);

function subjectOf(contract: AskContract): string {
  return `ask.${contract.owner}.${contract.name}`;
}

/** Puts questions to their owners. */
export type Ask = <Q extends z.ZodType, A extends z.ZodType>(
  contract: AskContract<Q, A>,
  input: z.infer<Q>,
) => Promise<z.infer<A>>;

/**
 * Asks over `bus` with a deadline. The owner's refusal is thrown as the DomainError it gave; a silent owner is 503
 * `owner-unavailable` with `Retry-After`.
 */
export function createAsk(bus: Pick<Bus, 'ask'>, options: { timeoutMs?: number } = {}): Ask {
  const putQuestion: Ask = async (contract, input) => {
    const context = currentRequest();
    const question = { request_id: context?.request_id ?? '', traceparent: context?.traceparent, input };
    let text: string;
    try {
      text = await bus.ask(subjectOf(contract), JSON.stringify(question), { timeoutMs: options.timeoutMs ?? 3_000 });
    } catch (cause) {
      if (!(cause instanceof BusSilence)) throw cause;
      throw new DomainError(OWNER_UNAVAILABLE, `${contract.owner} did not answer. Nothing was changed; try again.`, {
        retryAfterSeconds: 1,
        cause,
      });
    }
    const reply = understood(replySchema, JSON.parse(text), `the reply of ${contract.owner}`);
    if (!reply.ok) {
      const more = reply.retry_after_seconds === undefined ? {} : { retryAfterSeconds: reply.retry_after_seconds };
      throw new DomainError(reply.kind, reply.detail, more);
    }
    return understood(contract.reply, reply.output, `what ${contract.owner} answers to ${contract.name}`);
  };
  return (contract, input) =>
    inSpan(`ask ${subjectOf(contract)}`, { kind: 'client', attributes: rpc(contract) }, () =>
      putQuestion(contract, input),
    );
}

function rpc({ owner, name }: AskContract): Attributes {
  return { 'rpc.system': 'nats', 'rpc.service': owner, 'rpc.method': name };
}

/** A kind of question and how its text is answered with a text, whatever way it came. */
export type Answering = { readonly contract: AskContract; readonly reply: (text: string) => Promise<string> };

/** Answers one kind of question. `answer` may throw a DomainError, which is thrown again at the asker. */
export function answering<Q extends z.ZodType, A extends z.ZodType>(
  log: Logger,
  contract: AskContract<Q, A>,
  answer: (input: z.infer<Q>) => Promise<z.infer<A>>,
): Answering {
  return { contract, reply: (text) => replyTo(text, { log, contract, answer }) };
}

/** Answers one kind of question over `bus`. */
export function answerAsk<Q extends z.ZodType, A extends z.ZodType>(
  bus: Bus,
  log: Logger,
  contract: AskContract<Q, A>,
  answer: (input: z.infer<Q>) => Promise<z.infer<A>>,
): Promise<Stoppable> {
  return answerOver(bus, answering(log, contract, answer));
}

/** Answers questions that come over `bus`. */
export function answerOver(bus: Bus, { contract, reply }: Answering): Promise<Stoppable> {
  return bus.respond(subjectOf(contract), reply);
}

async function replyTo<Q extends z.ZodType, A extends z.ZodType>(
  text: string,
  to: { log: Logger; contract: AskContract<Q, A>; answer: (input: z.infer<Q>) => Promise<z.infer<A>> },
): Promise<string> {
  const { log, contract, answer } = to;
  try {
    const question = understood(questionSchema, JSON.parse(text), 'the question');
    const { request_id, traceparent } = question;
    const output = await inRequest({ request_id, ...(traceparent === undefined ? {} : { traceparent }) }, () =>
      inSpan(`answer ${subjectOf(contract)}`, { kind: 'server', attributes: rpc(contract) }, async () =>
        answer(understood(contract.request, question.input, `what ${contract.name} asks`)),
      ),
    );
    return JSON.stringify({ ok: true, output });
  } catch (error) {
    const problem = toDomainError(error);
    if (problem.kind.code === INTERNAL_ERROR.code) log.error({ err: error, ask: contract.name }, 'question failed');
    return JSON.stringify({
      ok: false,
      kind: problem.kind,
      detail: problem.message,
      retry_after_seconds: problem.retryAfterSeconds,
    });
  }
}

/** Services that do not understand each other are our mistake, never the caller's: it must not look like a bad request. */
function understood<T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`${what} is not as agreed: ${z.prettifyError(parsed.error)}`);
}
