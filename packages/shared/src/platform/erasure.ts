import type { AlertData } from '../contracts/alerts.ts';
import { type ErasureAnswer, erasureAnswers, erasureOf, erasureStream, merchantErased } from '../contracts/erasure.ts';
import type { EventContract, Publisher } from '../contracts/event.ts';
import { DomainError } from '../errors.ts';
import { erasedText } from './blank.ts';
import { blankMessages } from './blank-messages.ts';
import type { Bus } from './bus.ts';
import { type Following, on } from './consumer.ts';
import { createConsumers } from './consumers.ts';
import type { AnswerSeals, Database, SqlTx } from './database.ts';
import { laterIn } from './later.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { fact, writeFacts } from './outbox.ts';
import type { PlainTx } from './plain-tx.ts';
import { MERCHANT_ERASED } from './problem.ts';
import { createBell, repeat } from './repeat.ts';
import type { Worker } from './worker.ts';

/** Whose personal data goes, and by what it is found. */
export type Erased = {
  readonly tenantId: string;
  readonly merchantId: string;
  readonly dealIds: readonly string[];
  /** Digests of phone numbers (`number-subject.ts`). */
  readonly numbers: readonly string[];
};

/** What a service that is asked does about what it has itself. Each may be done again, after a crash or a second ask. */
export type ErasureSteps = {
  /**
   * Removes files, before the rows that name them; returns how many. Throws when somebody still works on them: it is tried
   * again.
   */
  removeFiles?(erased: Erased): Promise<number>;
  /** Blanks rows. `ids` are those by which stored answers and dead letters know them; `subjects`, events besides deals'. */
  blankRows(
    tx: PlainTx,
    erased: Erased,
  ): Promise<{ rows: number; ids?: readonly string[]; subjects?: readonly string[] }>;
};

/** Follows erasures: each is noted at once, from when on nothing about the merchant is taken in; a worker does the rest. */
export function followErasures(): Following<SqlTx> {
  return { publisher: merchantErased.publisher, stream: erasureStream, handlers: [on(merchantErased, note)] };
}

const note: Parameters<typeof on<SqlTx, typeof merchantErased>>[1] = async (tx, { tenantid, data }) => {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('erasure'), hashtext(${data.merchant_id}))`;
  await tx.$executeRaw`
    INSERT INTO erased_merchant (tenant_id, merchant_id, deal_ids, numbers, asked)
    VALUES (${tenantid}, ${data.merchant_id}::uuid, ${data.deal_ids}::uuid[], ${data.numbers}::text[], ${data.ask})
    ON CONFLICT (tenant_id, merchant_id) DO UPDATE SET
      asked = greatest(erased_merchant.asked, excluded.asked),
      deal_ids = ARRAY(SELECT unnest(erased_merchant.deal_ids) UNION SELECT unnest(excluded.deal_ids)),
      numbers = ARRAY(SELECT unnest(erased_merchant.numbers) UNION SELECT unnest(excluded.numbers))`;
};

/**
 * Throws 410 `merchant-erased` when the merchant has been erased, and keeps it from being erased until `tx` ends. Called in
 * the transaction that takes something in about it.
 */
export async function refuseErased(tx: SqlTx, tenantId: string, merchantId: string): Promise<void> {
  if (await isErased(tx, tenantId, merchantId)) throw merchantIsErased(merchantId);
}

/** Whether the merchant has been erased; if not, it is not until `tx` ends. */
export async function isErased(tx: SqlTx, tenantId: string, merchantId: string): Promise<boolean> {
  // Two statements: what the second sees is as of when the first has its lock.
  await laterIn(tx)`SELECT pg_advisory_xact_lock_shared(hashtext('erasure'), hashtext(${merchantId}))`;
  const rows = await tx.$queryRaw<{ erased: boolean }[]>`
    SELECT true AS erased FROM erased_merchant WHERE tenant_id = ${tenantId} AND merchant_id = ${merchantId}::uuid`;
  return rows.length > 0;
}

function merchantIsErased(merchantId: string): DomainError {
  return new DomainError(MERCHANT_ERASED, `The personal data of the merchant ${merchantId} was erased.`);
}

/** What a service that is asked to erase has at hand. */
export type ErasureDeps = {
  service: Publisher;
  database: Pick<Database<SqlTx>, 'worker' | 'plain' | 'unlessTaken'>;
  bus: Bus;
  log: Logger;
  metrics?: Metrics | undefined;
  /** The service's `*.alerted`: people are told when it cannot read what it is asked. */
  alerted: EventContract;
  /** Who hears of what does not say whose it is. */
  unknownTenantId?: string;
};

/** All that a service needs to erase what it is asked to: it hears of it, does it, and tells the owner. */
export function createErasureWorkers(deps: ErasureDeps & ErasureSteps): Worker[] {
  const { database, alerted, service } = deps;
  const consumers = createConsumers<PlainTx>({
    ...deps,
    database: database.plain,
    following: [followErasures()],
    async onGivenUp(tx, { tenantId, subject, type, eventId }) {
      const message = `The event ${type} (${eventId}) could not be taken in by ${service}: a merchant may not be erased here. It is a dead letter: replay it once the cause is mended.`;
      const alert: AlertData = { severity: 'critical', code: 'event-given-up', message };
      await writeFacts(tx, { tenantId, now: new Date() }, [fact(alerted, { subject }, alert)]);
    },
  });
  return [...consumers, createErasures(deps)];
}

const pollMs = 1_000;

/** Does what was asked, one merchant after another; what fails is tried again. Of several replicas one works. */
function createErasures(deps: ErasureDeps & ErasureSteps): Worker {
  const { service, database, log } = deps;
  const answer = erasureAnswers.find(({ publisher }) => publisher === service);
  if (answer === undefined) throw new Error(`nobody asks ${service} to erase`);
  const step = async () => {
    if ((await due(database)).length === 0) return pollMs;
    await database.unlessTaken('erasures', async () => {
      for (const erased of await due(database)) await erase({ ...deps, answer }, erased);
    });
    return pollMs;
  };
  return { name: 'erasures', run: (signal) => repeat(step, { what: 'an erasure', bell: createBell(), signal, log }) };
}

type Due = Erased & { readonly ask: number };

async function due({ worker }: Pick<Database<SqlTx>, 'worker'>): Promise<Due[]> {
  const { rows } = await worker.query<Due>(
    `SELECT tenant_id AS "tenantId", merchant_id AS "merchantId", deal_ids AS "dealIds", numbers, asked AS ask
     FROM erased_merchant WHERE answered < asked ORDER BY erased_at LIMIT 100`,
  );
  return rows;
}

async function erase(
  deps: ErasureDeps & ErasureSteps & { answer: ErasureAnswer },
  { ask, ...erased }: Due,
): Promise<void> {
  const { tenantId, merchantId } = erased;
  try {
    const files = (await deps.removeFiles?.(erased)) ?? 0;
    await blankNobodys(deps.database, erased);
    await deps.database.plain.withTenant(tenantId, async (tx) => {
      const blanked = await deps.blankRows(tx, erased);
      const rows = blanked.rows + (await blankAbout(tx, erased, blanked, deps.database.plain.answerSeals));
      await tx.$executeRaw`
        UPDATE erased_merchant SET answered = ${ask}, numbers = CASE WHEN asked = ${ask} THEN '{}' ELSE numbers END
        WHERE tenant_id = ${tenantId} AND merchant_id = ${merchantId}::uuid`;
      const about = { subject: erasureOf(merchantId), merchantId };
      const data = { merchant_id: merchantId, ask, rows, files };
      await writeFacts(tx, { tenantId, now: new Date() }, [fact(deps.answer, about, data)]);
    });
    deps.log.info({ merchant_id: merchantId, ask, files }, 'a merchant was erased');
  } catch (error) {
    deps.log.warn({ err: error, merchant_id: merchantId }, 'a merchant is not erased yet, will try again');
  }
}

/** Blanks the messages about the merchant; `more` names what a service found of it besides its deals. */
export function blankAbout(
  tx: SqlTx,
  { tenantId, merchantId, dealIds, numbers }: Erased,
  more: { ids?: readonly string[]; subjects?: readonly string[] } = {},
  sealed?: AnswerSeals,
): Promise<number> {
  const subjects = [...dealIds, ...numbers, ...(more.subjects ?? [])];
  const ids = [merchantId, ...dealIds, ...(more.ids ?? [])];
  return blankMessages(tx, { tenantId, subjects, ids }, sealed);
}

/** Dead letters that do not say whose they are are seen by the worker alone. */
export async function blankNobodys(
  { worker }: Pick<Database<SqlTx>, 'worker'>,
  { merchantId, dealIds }: Pick<Erased, 'merchantId' | 'dealIds'>,
): Promise<void> {
  await worker.query(
    `UPDATE dead_letter SET body = $2, reason = $2 WHERE tenant_id IS NULL
     AND EXISTS (SELECT FROM unnest($1::text[]) id WHERE strpos(body, id) > 0)`,
    [[merchantId, ...dealIds], erasedText],
  );
}
