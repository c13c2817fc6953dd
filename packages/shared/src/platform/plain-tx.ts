import {
  type CustomTypesConfig,
  DatabaseError,
  escapeLiteral,
  type Pool,
  type PoolClient,
  type QueryConfig,
  types,
} from 'pg';
import type { SqlTx } from './database.ts';

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
      await client.query('ROLLBACK').catch(discard);
      throw failure;
    }
  });
}

/** The same for a transaction whose statements are all begun at once: its end goes out with them, so none can follow. */
export function allAtOnce<T>(pool: Pool, tenantId: string, work: (tx: PlainTx) => Promise<T>): Promise<T> {
  return onConnection(pool, async (client) => {
    const transaction = begin(client, tenantId);
    // Even one that fails at once has its end.
    const working = (async () => work(transaction.tx))();
    transaction.end();
    const [done, ended] = await Promise.allSettled([working, commit(client, transaction.begun)]);
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
  const send = async (text: string, values: readonly unknown[]) => {
    if (ended) throw new Error('this transaction ends with what it began with');
    sendTogether(client);
    return client.query<object>({ ...keptPlan(text, values), types: typesRead });
  };
  const tx: PlainTx = {
    async rows<Row extends object>(text: string, values: readonly unknown[] = []) {
      // What the columns hold is known where the statement is written.
      return (await send(text, values)).rows as Row[];
    },
    async run(text, values = []) {
      return (await send(text, values)).rowCount ?? 0;
    },
    later(text, values = []) {
      noticed(begun, send(text, values));
    },
    $queryRaw: async <Row>(strings: TemplateStringsArray, ...values: unknown[]) =>
      (await send(textOf(strings), values)).rows as Row,
    $executeRaw: async (strings, ...values) => (await send(textOf(strings), values)).rowCount ?? 0,
    $executeLater: (strings, ...values) => noticed(begun, send(textOf(strings), values)),
    $commitAwaits: (pending) => noticed(begun, pending),
  };
  sendTogether(client);
  // Without parameters, so that both leave as one message; to read them costs the server less than to run a query.
  noticed(begun, client.query(beginAs(tenantId)));
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
  sendTogether(client);
  const [ended] = await Promise.all([client.query('COMMIT'), ...begun]);
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

const corked = new WeakSet<PoolClient>();

/** What is written to the connection until this turn ends leaves in one packet. */
function sendTogether(client: PoolClient): void {
  if (corked.has(client)) return;
  corked.add(client);
  const { stream } = client.connection;
  stream.cork();
  process.nextTick(() => {
    corked.delete(client);
    stream.uncork();
  });
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
    sendTogether(client);
    const sent = [client.query(tenantId === undefined ? 'BEGIN' : beginAs(tenantId))];
    for (const { text, values = [] } of statements)
      sent.push(client.query({ ...keptPlan(text, values), types: typesRead }));
    sent.push(client.query('COMMIT'));
    const settled = await Promise.allSettled(sent);
    const failed = settled.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return settled.slice(1, -1).map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.rows : []));
  });
}

/**
 * A statement that lets its transaction not wait for the disk. For leases, marks and whatever else, taken back by a crash of
 * the server, is merely done once more.
 */
export const unhurried = `SELECT set_config('synchronous_commit', 'off', true)`;

/** A statement whose plan its connection keeps, for `query` of the driver. `text` is a constant, or one of few. */
export function keptPlan(text: string, values: readonly unknown[]): QueryConfig {
  return { name: nameOf(text), text, values: [...values] };
}

const maxNames = 2_000;
const names = new Map<string, string>();

/** The name under which the server keeps a statement's plan; none for texts beyond a number that nobody writes by hand. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= maxNames) return '';
  const name = `plain_${names.size}`;
  names.set(text, name);
  return name;
}

const texts = new WeakMap<TemplateStringsArray, string>();

function textOf(strings: TemplateStringsArray): string {
  const known = texts.get(strings);
  if (known !== undefined) return known;
  const text = strings.reduce((head, part, at) => `${head}$${at}${part}`);
  texts.set(strings, text);
  return text;
}

const { builtins } = types;
const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, BigInt],
  [builtins.DATE, (day) => new Date(`${day}T00:00:00Z`)],
]);

const typesRead: CustomTypesConfig = {
  // Overloaded by format; those of ours read text, which is what the driver asks for.
  getTypeParser: ((oid: number, format: 'text') =>
    parsers.get(oid) ?? types.getTypeParser(oid, format)) as CustomTypesConfig['getTypeParser'],
};
