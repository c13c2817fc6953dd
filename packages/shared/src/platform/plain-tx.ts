import { DatabaseError, escapeLiteral, type Pool, type PoolClient } from 'pg';
import type { SqlTx } from './database.ts';
import { type Outcome, sendStatement, sendText } from './packets.ts';

/**
 * A transaction straight on the driver, for hot paths: the server keeps the plan of each statement, and statements that
 * are begun together, without awaiting one before the next, go out together and are done in that order. Amounts come as
 * `bigint`, decimals as text, days and times as `Date` (a day is its midnight UTC).
 */
export type PlainTx = SqlTx & {
  /** The rows that one statement gives. `text` is a constant, or one of few: its plan is kept for good. */
  rows<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Does one statement and gives the number of rows it touched. */
  run(text: string, values?: readonly unknown[]): Promise<number>;
  /** A statement whose outcome nobody waits for. It is part of the transaction, which fails with it. */
  later(text: string, values?: readonly unknown[]): void;
};

/** PostgreSQL's answer to every statement behind one that failed. */
const inFailedTransaction = '25P02';

/** Runs `work` as `tenantId` in one transaction on a connection of `pool`, whose connections are pipelined. */
export function inPlainTx<T>(pool: Pool, tenantId: string, work: (tx: PlainTx) => Promise<T>): Promise<T> {
  return onConnection(pool, async (client, discard) => {
    const { tx, begun } = begin(client, tenantId);
    try {
      const result = await work(tx);
      await commit(client, begun);
      return result;
    } catch (error) {
      const failure = await firstFailure(begun, error);
      await sendText(client, 'ROLLBACK').catch(discard);
      throw failure;
    }
  });
}

/** The same for a transaction whose statements are all begun at once: its end goes out with them, so none can follow. */
export function allAtOnce<T>(pool: Pool, tenantId: string, work: (tx: PlainTx) => Promise<T>): Promise<T> {
  return onConnection(pool, async (client, discard) => {
    const transaction = begin(client, tenantId);
    // Even one that fails at once has its end.
    const working = (async () => work(transaction.tx))();
    transaction.end();
    const [done, ended] = await Promise.allSettled([working, commit(client, transaction.begun)]);
    if (ended.status === 'rejected') await sendText(client, 'ROLLBACK').catch(discard);
    if (done.status === 'rejected') throw await firstFailure(transaction.begun, done.reason);
    if (ended.status === 'rejected') throw ended.reason;
    return done.value;
  });
}

/** Runs `work` on a connection of `pool`. One that broke, or was discarded, is not given to anybody else. */
export async function onConnection<T>(
  pool: Pool,
  work: (client: PoolClient, discard: (error: Error) => void) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const discard = (error: Error) => {
    broken = error;
  };
  // Unheard, the end of a connection that is in use would end the process.
  client.on('error', discard);
  try {
    return await work(client, discard);
  } finally {
    client.off('error', discard);
    client.release(broken);
  }
}

/** Begins a transaction, without waiting for it. `begun` holds what was begun and nobody waits for. */
function begin(client: PoolClient, tenantId: string): { tx: PlainTx; begun: Promise<unknown>[]; end: () => void } {
  const begun: Promise<unknown>[] = [];
  let ended = false;
  const send = async (text: string, values: readonly unknown[]): Promise<Outcome> => {
    if (ended) throw new Error('this transaction ends with what it began with');
    return sendStatement(client, text, values);
  };
  const tx: PlainTx = {
    async rows<Row extends object>(text: string, values: readonly unknown[] = []) {
      // What the columns hold is known where the statement is written.
      return (await send(text, values)).rows as Row[];
    },
    async run(text, values = []) {
      return (await send(text, values)).rowCount;
    },
    later(text, values = []) {
      noticed(begun, send(text, values));
    },
    $queryRaw: async <Row>(strings: TemplateStringsArray, ...values: unknown[]) =>
      (await send(textOf(strings), values)).rows as Row,
    $executeRaw: async (strings, ...values) => (await send(textOf(strings), values)).rowCount,
    $executeLater: (strings, ...values) => noticed(begun, send(textOf(strings), values)),
    $commitAwaits: (pending) => noticed(begun, pending),
  };
  // Without parameters, so that both leave as one message; to read them costs the server less than to run a query.
  noticed(begun, sendText(client, beginAs(tenantId)));
  const end = () => {
    ended = true;
  };
  return { tx, begun, end };
}

function beginAs(tenantId: string): string {
  return `BEGIN; SET LOCAL app.tenant_id = ${escapeLiteral(tenantId)}`;
}

/** Commits behind all that was begun. A statement that failed has undone the rest, whether or not anybody noticed. */
async function commit(client: PoolClient, begun: readonly Promise<unknown>[]): Promise<void> {
  const [ended] = await Promise.all([sendStatement(client, 'COMMIT', []), ...begun]);
  if (ended.command !== 'COMMIT') throw new Error('a statement of the transaction failed, so nothing of it was kept');
}

/** Why the transaction failed: `error`, or what nobody waited for and `error` is but an echo of. */
async function firstFailure(begun: readonly Promise<unknown>[], error: unknown): Promise<unknown> {
  const isEcho = error instanceof DatabaseError && error.code === inFailedTransaction;
  const settled = await Promise.allSettled(begun);
  const first = settled.find((outcome) => outcome.status === 'rejected');
  return isEcho && first !== undefined ? first.reason : error;
}

/** Its failure is looked at by whoever awaits the list; until then it is no unhandled rejection. */
function noticed(begun: Promise<unknown>[], statement: Promise<unknown>): void {
  statement.catch(() => undefined);
  begun.push(statement);
}

/** Runs one statement by itself on a pool of pipelined connections, which keep its plan, and gives its rows. */
export async function inOneStatement<Row extends object>(pool: Pool, text: string, values: readonly unknown[]) {
  const { rows } = await onConnection(pool, (client) => sendStatement(client, text, values));
  // What the columns hold is known where the statement is written.
  return rows as Row[];
}

/**
 * Statements of one tenant on a pool of pipelined connections, each a transaction of its own that goes out as one packet;
 * their plans are kept.
 */
export function plainOn(pool: Pool, tenantId: string): Pick<SqlTx, '$queryRaw'> {
  return {
    $queryRaw: async <Row>(strings: TemplateStringsArray, ...values: unknown[]) =>
      (await inOnePacket(pool, [{ text: textOf(strings), values }], tenantId))[0] as Row,
  };
}

/**
 * Runs statements one after another in one transaction that goes out as one packet, its end included: what they lock is
 * let go whatever becomes of this process meanwhile. With a tenant it is that tenant's. Gives each statement's rows, or the
 * error of the first that failed.
 */
export function inOnePacket(
  pool: Pool,
  statements: readonly { text: string; values?: readonly unknown[] }[],
  tenantId?: string,
): Promise<object[][]> {
  return onConnection(pool, async (client) => {
    const begun = sendText(client, tenantId === undefined ? 'BEGIN' : beginAs(tenantId));
    const sent = statements.map(({ text, values = [] }) => sendStatement(client, text, values));
    const ended = sendText(client, 'COMMIT');
    const settled = await Promise.allSettled([begun, ...sent, ended]);
    const failed = settled.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return (await Promise.all(sent)).map(({ rows }) => rows);
  });
}

/**
 * A statement that lets its transaction not wait for the disk. For leases, marks and whatever else, taken back by a crash of
 * the server, is merely done once more.
 */
export const unhurried = `SELECT set_config('synchronous_commit', 'off', true)`;

const texts = new WeakMap<TemplateStringsArray, string>();

function textOf(strings: TemplateStringsArray): string {
  const known = texts.get(strings);
  if (known !== undefined) return known;
  const text = strings.reduce((head, part, at) => `${head}$${at}${part}`);
  texts.set(strings, text);
  return text;
}
