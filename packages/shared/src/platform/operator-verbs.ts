import type { Publisher } from '../contracts/event.ts';
import { DeadLetterError } from './dead-letters.ts';
import { FieldDoesNotOpen } from './field-encryption.ts';
import { maskText } from './mask.ts';
import type { Operations } from './operations.ts';
import type { Span } from './republish.ts';
import { showDeadLetter } from './show-dead-letter.ts';

export type OperatorDeps = {
  /** Opens the services' operations: of all that can be reached here, or of the one that is asked for. */
  open: (service: Publisher | undefined) => Promise<readonly Operations[]>;
  write: (text: string) => void;
  /** Asks a person; null: there is nobody to ask. */
  confirm: ((question: string) => Promise<boolean>) | null;
  now: () => Date;
};

/** The command line is wrong: a sentence that says how. */
export class UsageError extends Error {}

/** One thing to do with the services' messages. */
export type Verb = (operations: readonly Operations[], deps: OperatorDeps) => Promise<void>;

export function list(limit: number): Verb {
  return async (operations, { write }) => {
    let found = 0;
    for (const { service, list: listOf } of operations) {
      for (const { id, createdAt, publisher, type, attempts, reason } of await listOf(limit)) {
        found += 1;
        const [line = ''] = maskText(reason).split('\n');
        write(
          `${id}  ${createdAt.toISOString()}  ${service}: ${type} of ${publisher}, ${attempts} attempt(s): ${line}\n`,
        );
      }
    }
    if (found === 0) write('There are no dead letters that nobody has seen to.\n');
  };
}

export const show =
  (id: string, unmasked: boolean): Verb =>
  async (operations, { write }) => {
    const { letter } = await holderOf(operations, id);
    write(showDeadLetter(letter, { unmasked }));
  };

export const replay =
  (id: string): Verb =>
  async (operations, { write }) => {
    const { holder } = await holderOf(operations, id);
    await holder.replay(id).catch((error: unknown) => {
      if (error instanceof DeadLetterError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new DeadLetterError(
        `${holder.service} still cannot handle ${id}, and nothing was changed: ${reason}`,
        error,
      );
    });
    write(`${holder.service} has handled ${id}.\n`);
  };

export const discard =
  (id: string): Verb =>
  async (operations, { write }) => {
    const { holder } = await holderOf(operations, id);
    await holder.discard(id);
    write(`${holder.service} will not handle ${id}.\n`);
  };

export const reseal: Verb = async (operations, { write }) => {
  let failed = 0;
  for (const { service, reseal: resealOf } of operations)
    failed += (await resealOf?.((line) => write(`${service}: ${line}\n`))) ?? 0;
  if (failed > 0)
    throw new FieldDoesNotOpen(`${failed} value(s) do not open. Give their keys too, and run this again.`);
};

/** Several services may have given up the same event: each letter is its own, and has to be asked for by its service. */
async function holderOf(operations: readonly Operations[], id: string) {
  const found = [];
  for (const holder of operations) {
    const letter = await holder.find(id);
    if (letter !== null) found.push({ holder, letter });
  }
  const [first, second] = found;
  if (first === undefined) throw new DeadLetterError(`There is no dead letter ${id}.`);
  if (second === undefined) return first;
  const names = found.map(({ holder }) => holder.service).join(' and ');
  throw new UsageError(`${names} have each given up ${id}. Say which by --service.`);
}

export function publishAgain(span: Span, yes: boolean): Verb {
  return async (operations, { write, confirm }) => {
    const from = `written from ${span.since.toISOString()} to ${span.until.toISOString()}`;
    const counted = [];
    for (const each of operations) counted.push({ each, count: await each.countPublished(span) });
    for (const { each, count } of counted) write(`${each.service}: ${count} event(s) ${from}\n`);
    const total = counted.reduce((sum, { count }) => sum + count, 0);
    if (total === 0) return;
    if (!yes) {
      if (confirm === null) throw new UsageError(`Nothing was published again: nobody is here to ask. Add --yes.`);
      if (!(await confirm(`Publish ${total} event(s) again?`)))
        throw new DeadLetterError('Nothing was published again.');
    }
    for (const { each, count } of counted) {
      if (count > 0) write(`${each.service}: ${await each.republish(span)} event(s) will be published again\n`);
    }
  };
}
