import { DomainError } from '../errors.ts';
import type { Delivery } from './bus.ts';
import type { Handler } from './consumer.ts';
import type { SqlTx } from './database.ts';
import type { createEarlyEvents } from './early-events.ts';
import { type GiveUpDeps, giveUp } from './give-up.ts';
import {
  advance,
  countFailure,
  NotItsTurn,
  noteGap,
  type Place,
  passOver,
  recordOutcome,
  takePlace,
  takeTurn,
} from './inbox.ts';
import { workBehind } from './later.ts';
import type { Metrics } from './metrics.ts';
import { observe } from './outbox.ts';
import type { PlacedEvent, ReadableEvent } from './read-event.ts';
import { backoffMs } from './try-until.ts';

export type HandleDeps<Tx extends SqlTx> = GiveUpDeps<Tx> & {
  metrics: Metrics;
  maxAttempts: number;
  /** First wait after a failure, doubled each time up to 30 s. */
  retryMs: number;
  early: ReturnType<typeof createEarlyEvents>;
};

const maxRetryMs = 30_000;
const earlyMs = 25;
const maxEarlyMs = 5_000;

/**
 * Gives one event its due: its effect, its inbox row and the move of the cursor in one transaction, then ack. Early: later.
 * A rule says no: passed over with a log line. Anything else that fails: again later, and given up after `maxAttempts`. A
 * database that is away fails the counting too, so an outage is not counted against the event; that error is thrown.
 */
export async function handleDelivery<Tx extends SqlTx>(
  deps: HandleDeps<Tx>,
  delivery: Delivery,
  placed: PlacedEvent<Tx>,
): Promise<void> {
  const outcome = await takeUp(deps, delivery, placed);
  if (typeof outcome === 'object') return delivery.nak(outcome.retryAfterMs);
  if (outcome === 'early') {
    if (deps.early.waitsTooLong(placed.head)) await tellOfGap(deps, placed);
    return delivery.nak(backoffMs(delivery.attempt, earlyMs, maxEarlyMs));
  }
  deps.early.forget(placed.head);
  count(deps.metrics, placed, outcome);
  return placed.readable ? delivery.ack() : delivery.term();
}

function takeUp<Tx extends SqlTx>(
  deps: HandleDeps<Tx>,
  delivery: Delivery,
  placed: PlacedEvent<Tx>,
): Promise<Place | { retryAfterMs: number }> {
  if (!placed.readable)
    return inTurn(deps, placed, async (tx, turn) => {
      await turn;
      await bury(deps, tx, delivery, placed, placed.reason, delivery.attempt);
    });
  const { head, event, handler } = placed;
  if (handler === undefined) return passOver(deps.database.pool, head, event.time);
  return inTurn(deps, placed, (tx) => applyEvent(tx, placed, handler)).catch((error: unknown) =>
    afterFailure(deps, delivery, placed, error),
  );
}

function count<Tx extends SqlTx>(metrics: Metrics, placed: PlacedEvent<Tx>, place: 'next' | 'done'): void {
  const { publisher } = placed.head;
  if (place === 'done') metrics.duplicateDropped(publisher);
  else if (placed.readable && placed.handler !== undefined) {
    metrics.eventHandled(publisher, Math.max(0, Date.now() - Date.parse(placed.event.time)) / 1_000);
  }
}

/**
 * If the event is next, runs `work` in one transaction with the cursor's move past it. What `work` does otherwise is undone:
 * it waits for `turn` before anything that could not be.
 */
async function inTurn<Tx extends SqlTx>(
  deps: HandleDeps<Tx>,
  placed: PlacedEvent<Tx>,
  work: (tx: Tx, turn: Promise<void>) => Promise<void>,
): Promise<Place> {
  const { head } = placed;
  try {
    await deps.database.withTenant(head.tenantId, (tx) => {
      const turn = takeTurn(tx, head);
      return workBehind(tx, turn, () => work(tx, turn));
    });
    return 'next';
  } catch (error) {
    if (!(error instanceof NotItsTurn)) throw error;
  }
  const place = await deps.database.withTenant(head.tenantId, (tx) => takePlace(tx, head));
  // The one before it has ended since.
  return place === 'next' ? inTurn(deps, placed, work) : place;
}

async function applyEvent<Tx extends SqlTx>(
  tx: Tx,
  { head, event }: ReadableEvent<Tx>,
  handler: Handler<Tx>,
): Promise<void> {
  await observe(tx, head.tenantId, head.subject, event.time);
  await handler.handle(tx, event);
}

/** The handler's transaction is undone; what is noted about it stands in one of its own. */
async function afterFailure<Tx extends SqlTx>(
  deps: HandleDeps<Tx>,
  delivery: Delivery,
  readable: ReadableEvent<Tx>,
  error: unknown,
): Promise<Place | { retryAfterMs: number }> {
  const { head, event } = readable;
  const about = { err: error, event_id: head.id, type: event.type, sequence: head.sequence };
  if (error instanceof DomainError && error.kind.status < 500) {
    deps.log.info(about, 'event refused by a rule, passed over');
    return inTurn(deps, readable, async (tx) => {
      await observe(tx, head.tenantId, head.subject, event.time);
      await recordOutcome(tx, head, 'refused', error.kind.code);
    });
  }
  const reason = error instanceof Error ? error.message.slice(0, 1_000) : String(error);
  return deps.database.withTenant(head.tenantId, async (tx) => {
    const place = await takePlace(tx, head);
    if (place !== 'next') return place;
    const attempts = await countFailure(tx, head, reason);
    if (attempts < deps.maxAttempts) {
      deps.log.warn({ ...about, attempts }, 'event failed, will be tried again');
      return { retryAfterMs: backoffMs(attempts, deps.retryMs, maxRetryMs) };
    }
    await observe(tx, head.tenantId, head.subject, event.time);
    await bury(deps, tx, delivery, readable, reason, attempts);
    await advance(tx, head);
    return place;
  });
}

async function bury<Tx extends SqlTx>(
  deps: HandleDeps<Tx>,
  tx: Tx,
  delivery: Delivery,
  placed: PlacedEvent<Tx>,
  reason: string,
  attempts: number,
): Promise<void> {
  await recordOutcome(tx, placed.head, 'dead', reason);
  await giveUp(deps, tx, givenUp(placed, reason), { attempts, body: delivery.body });
}

/** The event goes on waiting, for what it waits for may still come; a person hears of it once per subject. */
async function tellOfGap<Tx extends SqlTx>(deps: HandleDeps<Tx>, placed: PlacedEvent<Tx>): Promise<void> {
  const { head } = placed;
  await deps.database.withTenant(head.tenantId, async (tx) => {
    if (!(await noteGap(tx, head))) return;
    const reason = `number ${head.sequence} waits for events before it that have not come`;
    deps.log.error({ event_id: head.id, subject: head.subject, sequence: head.sequence }, reason);
    await deps.onGivenUp(tx, givenUp(placed, reason));
  });
}

function givenUp<Tx extends SqlTx>(placed: PlacedEvent<Tx>, reason: string) {
  const { tenantId, subject, id: eventId } = placed.head;
  const type = placed.readable ? placed.event.type : placed.type;
  const deal = placed.readable && placed.event.dealid !== undefined ? { dealId: placed.event.dealid } : {};
  return { tenantId, subject, ...deal, type, eventId, reason };
}
