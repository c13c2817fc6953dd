import type { Pool } from 'pg';
import type { Publisher } from '../contracts/event.ts';
import {
  type DeadLetter,
  discardDeadLetter,
  findDeadLetter,
  listDeadLetters,
  replayDeadLetter,
} from './dead-letters.ts';
import { followErasures } from './erasure.ts';
import { storeObserved } from './observed.ts';
import { inPlainTx, type PlainTx } from './plain-tx.ts';
import { countPublished, republish, type Span } from './republish.ts';
import { openPool } from './traced-pool.ts';

/** What a person may do with one service's messages. What cannot be done is a DeadLetterError, a sentence for that person. */
export type Operations = {
  readonly service: Publisher;
  /** The dead letters nobody has seen to, oldest first, at most `limit`. */
  list(limit: number): Promise<DeadLetter[]>;
  /** A dead letter, also one that was seen to; null: there is none of this id. */
  find(id: string): Promise<DeadLetter | null>;
  /** Runs the service's own handler on it. */
  replay(id: string): Promise<void>;
  discard(id: string): Promise<void>;
  countPublished(span: Span): Promise<number>;
  republish(span: Span): Promise<number>;
  /** Of a service that seals values: seals anew what is not under the first key, and gives how many do not open. */
  reseal?: ((say: (line: string) => void) => Promise<number>) | undefined;
  close(): Promise<void>;
};

/** Operations on the platform's tables behind `pool`, the worker's; `replay` is the service's own, for it has the handlers. */
export function createOperations(options: {
  service: Publisher;
  pool: Pool;
  replay: (id: string) => Promise<void>;
  reseal?: Operations['reseal'];
  close: () => Promise<void>;
}): Operations {
  const { service, pool, replay, reseal, close } = options;
  return {
    service,
    list: (limit) => listDeadLetters({ worker: pool }, { limit }),
    find: (id) => findDeadLetter({ worker: pool }, id),
    replay,
    discard: (id) => discardDeadLetter({ worker: pool }, id),
    countPublished: (span) => countPublished(pool, span),
    republish: (span) => republish(pool, span),
    reseal,
    close,
  };
}

/** Operations on a service that follows erasures and nothing else. */
export function openErasureOperations(
  service: Publisher,
  urls: { databaseUrl: string; databaseWorkerUrl: string },
  reseal?: Operations['reseal'],
): Operations {
  const settings = { max: 2, connectionTimeoutMillis: 5_000, pipeline: true };
  const pool = openPool({ connectionString: urls.databaseUrl, ...settings });
  const worker = openPool({ connectionString: urls.databaseWorkerUrl, ...settings });
  return createOperations({
    service,
    pool: worker,
    replay: (id) => replayErasure({ pool, worker }, id),
    reseal,
    async close() {
      await pool.end();
      await worker.end();
    },
  });
}

/** Replays a dead letter of the erasures. */
export async function replayErasure({ pool, worker }: { pool: Pool; worker: Pool }, id: string): Promise<void> {
  const withTenant = <T>(tenantId: string, work: (tx: PlainTx) => Promise<T>) =>
    inPlainTx(pool, tenantId, async (tx) => {
      const result = await work(tx);
      await storeObserved(tx);
      return result;
    });
  await replayDeadLetter<PlainTx>({ worker, withTenant }, id, [followErasures()]);
}
