import { parseArgs } from 'node:util';
import { type Publisher, publishers } from '../contracts/event.ts';
import { DeadLetterError } from './dead-letters.ts';
import { FieldDoesNotOpen } from './field-encryption.ts';
import type { Operations } from './operations.ts';
import {
  discard,
  list,
  type OperatorDeps,
  publishAgain,
  replay,
  reseal,
  show,
  UsageError,
  type Verb,
} from './operator-verbs.ts';
import { keptDays, type Span } from './republish.ts';

/** The words that make a command line of an operator's: `dlq …`, `outbox …` and `fields …`. */
export function isOperatorsCall(args: readonly string[]): boolean {
  return ['dlq', 'outbox', 'fields'].includes(args[0] ?? '');
}

export const operatorsHelp = `What could not be handled, publishing again, and the keys of sealed values.

  dlq list                    the messages that were given up and that nobody has seen to
  dlq show ID [--unmasked]    one of them; personal data only with --unmasked
  dlq replay ID               handle it now, by the service that gave it up
  dlq discard ID              mark it as not to be handled
  outbox republish --since TIME [--until TIME] [--yes]
                              publish again what was written in this time, after a question unless --yes
  fields reseal               seal anew whatever is not under the first key of FIELD_ENCRYPTION_KEY and FIELD_INDEX_KEY

  --service NAME              only of this service: ${publishers.join(', ')}
  --limit N                   how many to list (default: 100)
  TIME                        2026-11-22T08:00:00Z, or how long ago: 90m, 6h, 3d
  --help                      this text

Events are kept for ${keptDays} days. Who has handled one already passes it over when it comes again.
Ends with 0, with 1 when it could not be done, with 2 when the command line is wrong.
`;

/** Does what the command line asks for and gives the exit code. What fails for no reason of the operator's is thrown. */
export async function runOperator(args: readonly string[], deps: OperatorDeps): Promise<0 | 1 | 2> {
  try {
    const call = readCall(args, deps.now());
    if (call === 'help') deps.write(operatorsHelp);
    else await withOperations(deps, call.service, (operations) => call.run(operations, deps));
    return 0;
  } catch (error) {
    const known = [UsageError, DeadLetterError, FieldDoesNotOpen].some((each) => error instanceof each);
    if (!known || !(error instanceof Error)) throw error;
    deps.write(`${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

type Call = { service: Publisher | undefined; run: Verb };

function readCall(args: readonly string[], now: Date): Call | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const service = publishers.find((name) => name === values.service);
  if (values.service !== undefined && service === undefined)
    throw new UsageError(`--service takes one of ${publishers.join(', ')}, not "${values.service}".`);
  const [group, verb, id, ...rest] = positionals;
  const what = `${group} ${verb}`;
  const run = () => {
    if (what === 'dlq list') return list(limitOf(values.limit));
    if (what === 'outbox republish') return publishAgain(spanOf(values, now), values.yes);
    if (what === 'fields reseal') return reseal;
    if (!['dlq show', 'dlq replay', 'dlq discard'].includes(what))
      throw new UsageError(`There is no "${positionals.join(' ')}". --help tells what there is.`);
    if (id === undefined) throw new UsageError(`${what} takes the ID of a dead letter; "dlq list" has them.`);
    if (what === 'dlq show') return show(id, values.unmasked);
    return what === 'dlq replay' ? replay(id) : discard(id);
  };
  const takesId = group === 'dlq' && verb !== 'list';
  if (rest.length > 0 || (id !== undefined && !takesId))
    throw new UsageError(`"${positionals.join(' ')}" has a word too many. --help tells what there is.`);
  return { service, run: run() };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        service: { type: 'string' },
        limit: { type: 'string' },
        since: { type: 'string' },
        until: { type: 'string' },
        unmasked: { type: 'boolean', default: false },
        yes: { type: 'boolean', short: 'y', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function limitOf(text = '100'): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError(`--limit takes a whole number, not "${text}".`);
  return limit;
}

function spanOf(values: { since?: string | undefined; until?: string | undefined }, now: Date): Span {
  if (values.since === undefined) throw new UsageError('outbox republish takes --since TIME, like --since 6h.');
  const span = { since: timeOf(values.since, now), until: timeOf(values.until ?? '0m', now) };
  if (span.since >= span.until) throw new UsageError('--since is not before --until.');
  return span;
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function timeOf(text: string, now: Date): Date {
  const ago = /^(\d{1,6})([mhd])$/.exec(text);
  const unit = ago?.[2];
  if (unit === 'm' || unit === 'h' || unit === 'd') return new Date(now.getTime() - Number(ago?.[1]) * unitMs[unit]);
  const time = new Date(text);
  // Without an offset a time means something else on every machine.
  if (!/T.*(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(time.getTime()))
    throw new UsageError(`"${text}" is no time; use 2026-11-22T08:00:00Z, or how long ago, like 90m, 6h or 3d.`);
  return time;
}

async function withOperations(
  deps: OperatorDeps,
  service: Publisher | undefined,
  work: (operations: readonly Operations[]) => Promise<void>,
): Promise<void> {
  const operations = await deps.open(service);
  try {
    await work(operations);
  } finally {
    for (const each of operations) await each.close();
  }
}
