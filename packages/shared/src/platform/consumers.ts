import { type Bus, type Delivery, durableName } from './bus.ts';
import type { Following, GivenUp } from './consumer.ts';
import type { Database, SqlTx } from './database.ts';
import { createEarlyEvents } from './early-events.ts';
import { giveUpUnplaced } from './give-up.ts';
import { type HandleDeps, handleDelivery } from './handle-delivery.ts';
import type { Logger } from './logger.ts';
import { inProcessSpan } from './message-spans.ts';
import { type Metrics, noMetrics } from './metrics.ts';
import { type PlacedEvent, readEvent } from './read-event.ts';
import { inRequest, type RequestContext } from './request-context.ts';
import { aborted, backoffMs, tryUntilDone } from './try-until.ts';
import type { Worker } from './worker.ts';

export type ConsumersOptions<Tx extends SqlTx> = {
  service: string;
  database: Pick<Database<Tx>, 'pool' | 'withTenant'>;
  bus: Bus;
  log: Logger;
  metrics?: Metrics | undefined;
  following: readonly Following<Tx>[];
  /**
   * Tells a person that a message was given up, or that a gap does not close, in the transaction that notes it. Should
   * announce an alert; when it throws, the giving up is undone and tried again.
   */
  onGivenUp(tx: Tx, given: GivenUp): Promise<void>;
  /** Events of one publisher in hand at a time. Default 4: each holds a connection. */
  concurrency?: number;
  /** Tries before an event is given up. Default 10, which takes over a minute. */
  maxAttempts?: number;
  /** First wait after a failure. Default 200. */
  retryMs?: number;
  /** When a person hears of an event that waits for its predecessors. Default 10 minutes. */
  gapAlertMs?: number;
  /** The tenant that hears of messages which do not say whose they are; without one only the log does. */
  unknownTenantId?: string;
};

/**
 * One worker per followed publisher, each a durable subscription `<service>-from-<publisher>`. Every event takes effect
 * once and in its publisher's order per subject, however often and in whatever order it is delivered, with any number of
 * replicas. An early event waits for its predecessors for as long as it takes: if one is lost at its publisher, a person
 * is told after `gapAlertMs` and republishing it there lets the subject go on.
 */
export function createConsumers<Tx extends SqlTx>(options: ConsumersOptions<Tx>): Worker[] {
  return options.following.map((following) => {
    const stream = following.stream ?? following.publisher;
    const name = durableName(options.service, stream);
    const deps: HandleDeps<Tx> = {
      database: options.database,
      log: options.log,
      metrics: options.metrics ?? noMetrics,
      following,
      onGivenUp: options.onGivenUp,
      unknownTenantId: options.unknownTenantId,
      maxAttempts: options.maxAttempts ?? 10,
      retryMs: options.retryMs ?? 200,
      early: createEarlyEvents(options.gapAlertMs ?? 600_000),
    };
    const turns = createTurns();
    const subscribe = () =>
      options.bus.subscribe({ stream, durable: name, concurrency: options.concurrency ?? 4 }, (delivery) =>
        consume({ ...deps, durable: name }, turns, delivery),
      );
    return {
      name,
      async run(signal) {
        const what = `subscribing ${name}`;
        const subscription = await tryUntilDone(subscribe, { what, log: options.log, signal });
        await aborted(signal);
        await subscription?.stop();
      },
    };
  });
}

async function consume<Tx extends SqlTx>(
  deps: HandleDeps<Tx> & { durable: string },
  turns: Turns,
  delivery: Delivery,
): Promise<void> {
  try {
    const read = readEvent(delivery.body, deps.following);
    if (read.head === null) return await giveUpUnplaced(deps, delivery, read);
    await turns.take(JSON.stringify([read.head.tenantId, read.head.subject]), async () => {
      await delivery.working();
      await inRequest(contextOf(read), () =>
        inProcessSpan(delivery, deps.durable, () => handleDelivery(deps, delivery, read)),
      );
    });
  } catch (error) {
    deps.log.error({ err: error, event_id: delivery.id }, 'delivery failed, will be tried again');
    await delivery.nak(backoffMs(delivery.attempt, deps.retryMs, 30_000));
  }
}

/** What the handler logs and announces belongs to the event: its id stands where a call's request id would. */
function contextOf<Tx extends SqlTx>(placed: PlacedEvent<Tx>): RequestContext {
  const { id, tenantId } = placed.head;
  const { dealid, traceparent } = placed.readable ? placed.event : {};
  return {
    request_id: id,
    tenant_id: tenantId,
    ...(dealid === undefined ? {} : { deal_id: dealid }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

type Turns = { take<T>(key: string, work: () => Promise<T>): Promise<T> };

/**
 * Lets deliveries of one subject go one after another in the order they came. The cursor's lock would do the same, but a
 * delivery that waits here holds no connection, and one that came right after its predecessor is not early.
 */
function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    async take(key, work) {
      const turn = (last.get(key) ?? Promise.resolve()).then(work);
      const settled = turn.catch(() => undefined);
      last.set(key, settled);
      await settled;
      if (last.get(key) === settled) last.delete(key);
      return turn;
    },
  };
}
