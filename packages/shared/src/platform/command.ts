import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { DomainError } from '../errors.ts';
import type { AnswerSeals, Database, SqlTx } from './database.ts';
import type { FieldPlace } from './field-encryption.ts';
import type { Identity } from './identity.ts';
import { laterIn, workBehind } from './later.ts';
import { plainOn } from './plain-tx.ts';
import { IDEMPOTENCY_KEY_REUSED } from './problem.ts';
import type { SealedColumn } from './reseal.ts';

/** What a command answers. `body` is JSON; `replayBody`, when given, is what a repeat gets instead (an answer that holds a secret). */
export type Answer = {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  body: unknown;
  replayBody?: unknown;
};

/** An answer as it goes out: the exact text of its body. */
export type RecordedAnswer = {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
  replayed: boolean;
};

/**
 * One call that changes something. `show` turns the use case's result into the answer; it runs inside the effect's own
 * transaction, so that the answer is stored with the effect and a repeat of the call is answered from there.
 */
export type Command<T> = {
  readonly identity: Identity & { tenant: string };
  /** The same for every repeat of this call (tenant, caller, method, path and key), new when it has no key. Names intents. */
  readonly ref: string;
  readonly method: string;
  readonly path: string;
  readonly show: (result: T) => Answer;
};

/** Thrown when a repeat of the call has already been answered; the border sends that answer. */
export class AlreadyAnswered extends Error {
  readonly answer: RecordedAnswer;

  constructor(answer: RecordedAnswer) {
    super('this call has been answered before');
    this.name = 'AlreadyAnswered';
    this.answer = answer;
  }
}

/** Makes the command of a call. */
export function toCommand<T>(
  call: { identity: Identity & { tenant: string }; method: string; path: string },
  show: (result: T) => Answer,
): Command<T> {
  const { tenant, sub, key } = call.identity;
  const ref =
    key === undefined
      ? uuidv7()
      : createHash('sha256')
          .update(JSON.stringify([tenant, sub, call.method, call.path, key]))
          .digest('hex');
  return { ...call, ref, show };
}

type Row = { fingerprint: string; status: number; headers: Record<string, string>; body: string };

/** The stored answer of a repeat, or null. Throws `idempotency-key-reused` when the key came with another request. */
export async function findAnswer(
  tx: Pick<SqlTx, '$queryRaw'>,
  command: Command<never> | Command<unknown>,
  answers?: AnswerSeals,
): Promise<RecordedAnswer | null> {
  const { tenant, sub, key, fp } = command.identity;
  if (key === undefined) return null;
  const rows = await tx.$queryRaw<Row[]>`
    SELECT fingerprint, status, headers, body FROM idempotency
    WHERE tenant_id = ${tenant} AND principal = ${sub} AND method = ${command.method} AND path = ${command.path}
      AND key = ${key} AND created_at > now() - interval '24 hours'`;
  const row = rows[0];
  if (row === undefined) return null;
  const own = [fp ?? '', ...(answers?.index?.all(fp ?? '', fingerprintOf(tenant)) ?? [])];
  if (!own.includes(row.fingerprint)) {
    throw new DomainError(
      IDEMPOTENCY_KEY_REUSED,
      'This Idempotency-Key belongs to another request. Send a new key with a new request.',
    );
  }
  const body = answers?.seals.open(row.body, placeOf(command)) ?? row.body;
  return { status: row.status, headers: row.headers, body, replayed: true };
}

type Stores<Tx extends SqlTx> = Pick<Database<Tx>, 'pool' | 'withTenant' | 'answerSeals'>;

/**
 * Runs the effect of a command: claims its key, does `work`, stores the answer, all in one transaction. Of two calls with
 * one key the second waits for the first, undoes what it did and throws AlreadyAnswered. Returns the result and the answer
 * to send.
 */
export async function commitCommand<Tx extends SqlTx, T>(
  database: Stores<Tx>,
  command: Command<T>,
  work: (tx: Tx) => Promise<T>,
): Promise<{ result: T; answer: RecordedAnswer }> {
  try {
    return await commitOnce(database, command, work);
  } catch (error) {
    if (!(error instanceof KeyTaken)) throw error;
    const answer = await findAnswer(plainOn(database.pool, command.identity.tenant), command, database.answerSeals);
    // Forgotten since: the key is free again.
    if (answer === null) return commitCommand(database, command, work);
    throw new AlreadyAnswered(answer);
  }
}

/** Another call with this key has committed. */
class KeyTaken extends Error {}

/** Claims the command's key. Rejects with KeyTaken. */
async function claimKey(tx: SqlTx, { identity, method, path }: Command<never>, fp: string): Promise<void> {
  const { tenant, sub, key } = identity;
  if (key === undefined) return;
  const claimed = await tx.$executeRaw`
    INSERT INTO idempotency (tenant_id, principal, method, path, key, fingerprint, status, headers, body)
    VALUES (${tenant}, ${sub}, ${method}, ${path}, ${key}, ${fp}, 0, '{}'::jsonb, '')
    ON CONFLICT (tenant_id, principal, method, path, key) DO UPDATE
      SET fingerprint = excluded.fingerprint, created_at = now()
      WHERE idempotency.created_at <= now() - interval '24 hours'`;
  if (claimed === 0) throw new KeyTaken('another call with this Idempotency-Key has been answered');
}

function commitOnce<Tx extends SqlTx, T>(
  database: Stores<Tx>,
  command: Command<T>,
  work: (tx: Tx) => Promise<T>,
): Promise<{ result: T; answer: RecordedAnswer }> {
  const { tenant, sub, key } = command.identity;
  const { answerSeals: answers } = database;
  const fp = fingerprint(command, answers);
  return database.withTenant(tenant, async (tx) => {
    const result = await workBehind(tx, claimKey(tx, command, fp), () => work(tx));
    const shown = command.show(result);
    const answer = {
      status: shown.status ?? 200,
      // The gateway keeps answers too; this one holds what must lie nowhere, so its repeats have to come here.
      headers:
        shown.replayBody === undefined ? (shown.headers ?? {}) : { ...shown.headers, 'Idempotent-Secret': 'true' },
      body: toText(shown.body),
      replayed: false,
    };
    if (key !== undefined) {
      const repeated = shown.replayBody === undefined ? answer.body : toText(shown.replayBody);
      const kept = answers?.seals.seal(repeated, placeOf(command)) ?? repeated;
      await laterIn(tx)`
        UPDATE idempotency SET status = ${answer.status}, headers = ${JSON.stringify(answer.headers)}::jsonb, body = ${kept}
        WHERE tenant_id = ${tenant} AND principal = ${sub} AND method = ${command.method} AND path = ${command.path} AND key = ${key}`;
    }
    return { result, answer };
  });
}

/** Where answers rest, of a service that seals them. */
export const answersSealed = {
  table: 'idempotency',
  column: 'body',
  kind: 'text',
  row: ['principal', 'method', 'path', 'key'],
} as const satisfies SealedColumn;

/** Where one answer rests, as its seal names it. */
export function answerPlace(
  tenantId: string,
  row: { principal: string; method: string; path: string; key: string },
): FieldPlace {
  return { tenantId, column: 'idempotency.body', row: [row.principal, row.method, row.path, row.key] };
}

function placeOf({ identity, method, path }: Pick<Command<never>, 'identity' | 'method' | 'path'>) {
  return answerPlace(identity.tenant, { principal: identity.sub, method, path, key: identity.key ?? '' });
}

/** The request as its row names it. A bare hash of one with four digits in it would let them be guessed. */
function fingerprint({ identity }: Pick<Command<never>, 'identity'>, answers: AnswerSeals | undefined): string {
  const { tenant, fp = '' } = identity;
  if (answers?.index === undefined || answers.seals.newest === null) return fp;
  return answers.index.of(fp, fingerprintOf(tenant));
}

const fingerprintOf = (tenantId: string) => ({ tenantId, column: 'idempotency.fingerprint' });

/** An answer without a body (204) is kept as an empty text. */
function toText(body: unknown): string {
  return body === undefined ? '' : JSON.stringify(body);
}
