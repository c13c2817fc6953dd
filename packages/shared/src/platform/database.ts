import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool, PoolClient } from 'pg';
import { noEdge, type OnEdge } from './edges.ts';
import { type Commit, type FactsClaim, followFacts } from './facts-claim.ts';
import type { BlindIndex, FieldSeals } from './field-encryption.ts';
import { storeObserved } from './observed.ts';
import { allAtOnce, inPlainTx, onConnection, type PlainTx } from './plain-tx.ts';
import { storeAudited } from './store-audited.ts';
import { openPool } from './traced-pool.ts';
import { inSpan } from './tracing.ts';

/** The part of a Prisma transaction client that the platform needs: raw statements inside the service's own transaction. */
export type SqlTx = {
  $queryRaw<T = unknown>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<T>;
  $executeRaw(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<number>;
  /** Runs a statement without waiting for it; the transaction fails with it. Not every kind of transaction can. */
  $executeLater?(query: TemplateStringsArray, ...values: unknown[]): void;
  /** Leaves it to the commit to wait for what is on its way already; the transaction fails with it. Where `$executeLater` is. */
  $commitAwaits?(begun: Promise<unknown>): void;
};

type TransactionOptions = { maxWait?: number; timeout?: number };

/** The part of a generated Prisma client that the platform needs. */
export type PrismaLike<Tx extends SqlTx> = {
  $transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  $disconnect(): Promise<void>;
};

/** With what the stored answers of commands are sealed, and the requests they answer made unguessable. */
export type AnswerSeals = { readonly seals: FieldSeals; readonly index?: BlindIndex };

/** A service's own database. */
export type Database<Tx extends SqlTx> = {
  /** For the hot paths that need no model. Outside of `withTenant` it sees no tenant's rows. */
  readonly pool: Pool;
  /** A few connections as the worker, who sees every tenant's rows: for outbox, sweeps and what is due. Never for a call. */
  readonly worker: Pool;
  /**
   * Runs `work` in one transaction as `tenantId`, which row-level security reads from `app.tenant_id`. Deadlocks and
   * serialization failures are tried again (so `work` has no effect outside of `tx`); no network call belongs in it.
   */
  withTenant<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** The same without models, straight on the driver: for the hot paths, where a model costs more than its statement. */
  readonly plain: Pick<Database<PlainTx>, 'pool' | 'worker' | 'withTenant' | 'answerSeals'> & {
    /** For looks, which begin all their statements at once: the transaction's end goes out with them. No facts. */
    allAtOnce<T>(tenantId: string, work: (tx: PlainTx) => Promise<T>): Promise<T>;
  };
  /** Of a service whose answers hold what is sealed elsewhere. */
  readonly answerSeals?: AnswerSeals | undefined;
  /**
   * Runs `work` while nobody else, in any replica, runs work under the same `name`; waits for its turn, 30 s at most. For
   * calls to providers: it is a lock of its own session and no transaction, and it ends when the process dies. (It needs
   * session pooling if there is a pooler between here and the server.)
   */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** The same for what one replica does for all: runs `work` unless somebody else does so now. Says whether it did. */
  unlessTaken(name: string, work: () => Promise<void>): Promise<boolean>;
  /** Whether the database answers within `timeoutMs`. */
  answers(timeoutMs: number): Promise<boolean>;
  /** Told after each commit of `withTenant`; the relay uses it to take up what was written. */
  onCommit(listener: (commit: Commit) => void): void;
  /** From now on facts are written as claimed already by whoever `claim` names at that moment. */
  claimFacts(claim: () => FactsClaim | null): void;
  close(): Promise<void>;
};

const attempts = 5;

/** No statement, and no pause between two of a transaction, may take longer. */
const maxTransactionMs = 15_000;

/**
 * Left to choose, the server would plan some statements anew each time, which takes it longer than to run them. But a plan
 * that is kept may have been made while its table was all but empty, and read the whole of it: each deal would make the next
 * one slower. Every list has its index, and no statement runs so long that compiling it would pay.
 */
const keptPlans = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off';

/**
 * Opens the database behind `url`, as the runtime role, and behind `workerUrl` as the worker. `client` makes the service's
 * generated Prisma client from the driver adapter, which shares one bounded pool with the raw statements.
 */
export function openDatabase<Tx extends SqlTx>(options: {
  url: string;
  /** Default `url`: who has one role for both shares the pool. */
  workerUrl?: string | undefined;
  client: (adapter: PrismaPg) => PrismaLike<Tx>;
  /** Of the runtime role, at a time. Default 10. */
  maxConnections?: number | undefined;
  onEdge?: OnEdge | undefined;
  name?: string;
  answerSeals?: AnswerSeals | undefined;
}): Database<Tx> {
  const { answerSeals } = options;
  const onEdge = options.onEdge ?? noEdge;
  const settings = {
    connectionTimeoutMillis: 5_000,
    // A new connection has to learn tables and plans again, which takes it longer than many a transaction.
    idleTimeoutMillis: 60_000,
    statement_timeout: maxTransactionMs,
    idle_in_transaction_session_timeout: maxTransactionMs,
    options: keptPlans,
    pipeline: true,
  };
  const pool = openPool({ connectionString: options.url, max: options.maxConnections ?? 10, ...settings });
  const { workerUrl = options.url } = options;
  const worker = workerUrl === options.url ? pool : openPool({ connectionString: workerUrl, max: 2, ...settings });
  // Apart from the pool above: work that holds a lock needs connections of that one.
  const locks = openPool({
    connectionString: options.url,
    max: 8,
    connectionTimeoutMillis: 30_000,
    options: '-c lock_timeout=30s',
  });
  const prisma = options.client(new PrismaPg(pool));
  const listeners: ((commit: Commit) => void)[] = [];
  let claimNow: () => FactsClaim | null = () => null;
  /** Tries a transaction until it commits, and tells of it. */
  async function committed<T>(transaction: () => Promise<{ result: T; commit: Commit }>): Promise<T> {
    const { result, commit } = await inSpan('transaction', { kind: 'internal' }, () => retried(transaction));
    onEdge('commit', options.name ?? 'database');
    for (const listener of listeners) listener(commit);
    return result;
  }
  async function finish<T, Any extends SqlTx>(tx: Any, work: (tx: Any) => Promise<T>) {
    const commit = followFacts(tx, claimNow());
    const result = await work(tx);
    await storeAudited(tx);
    await storeObserved(tx);
    return { result, commit };
  }
  return {
    pool,
    worker,
    answerSeals,
    withTenant: (tenantId, work) =>
      committed(() =>
        prisma.$transaction(
          async (tx) => {
            // The filters of a list are worth a plan of their own.
            await tx.$queryRaw`
              SELECT set_config('app.tenant_id', ${tenantId}, true), set_config('plan_cache_mode', 'auto', true)`;
            return finish(tx, work);
          },
          { maxWait: 10_000, timeout: maxTransactionMs },
        ),
      ),
    plain: {
      pool,
      worker,
      answerSeals,
      withTenant: (tenantId, work) => committed(() => inPlainTx(pool, tenantId, (tx) => finish(tx, work))),
      allAtOnce: (tenantId, work) => inSpan('transaction', { kind: 'internal' }, () => allAtOnce(pool, tenantId, work)),
    },
    exclusively: (name, work) =>
      onConnection(locks, async (session, discard) => {
        await session.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name]);
        return unlocking(session, { name, discard }, work);
      }),
    unlessTaken: (name, work) =>
      onConnection(locks, async (session, discard) => {
        const { rows } = await session.query<{ locked: boolean }>(
          'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
          [name],
        );
        const locked = rows[0]?.locked === true;
        if (locked) await unlocking(session, { name, discard }, work);
        return locked;
      }),
    async answers(timeoutMs) {
      const late = new Promise<false>((resolve) => setTimeout(resolve, timeoutMs, false).unref());
      const asked = pool.query('SELECT 1').then(
        () => true,
        () => false,
      );
      return Promise.race([asked, late]);
    },
    onCommit: (listener) => void listeners.push(listener),
    claimFacts(claim) {
      claimNow = claim;
    },
    async close() {
      await prisma.$disconnect();
      await pool.end();
      if (worker !== pool) await worker.end();
      await locks.end();
    },
  };
}

async function unlocking<T>(
  session: PoolClient,
  { name, discard }: { name: string; discard: (error: Error) => void },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } finally {
    await session.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name]).catch(discard);
  }
}

/** Repeats a transaction that lost a race, after a short random pause so that the same two do not meet again. */
async function retried<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (attempt >= attempts || !isRetryable(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
    }
  }
}

/** PostgreSQL's 40001 and 40P01, which Prisma reports as P2034 or inside the driver's error. */
function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Only an error of the database: a refusal, or an answer given before, may hold such a figure as an amount.
  const code = 'code' in error ? String(error.code) : '';
  if (code === '' && error.name !== 'DriverAdapterError') return false;
  return /\bP2034\b|\b40001\b|\b40P01\b|TransactionWriteConflict/.test(
    `${code} ${error.message} ${JSON.stringify(error)}`,
  );
}
