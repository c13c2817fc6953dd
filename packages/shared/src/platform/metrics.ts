import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Publisher } from '../contracts/event.ts';
import type { ServiceName } from '../contracts/routes.ts';

/** A call as it was answered; `route` is the pattern of the route table, never a path with ids in it. */
export type AnsweredCall = { route: string; method: string; status: number; seconds: number };

/** The part of a pool of connections that is counted. */
export type CountedPool = { readonly totalCount: number; readonly idleCount: number; readonly waitingCount: number };

/**
 * What a part of the house tells about its work. A gauge is a question: it is asked each time somebody reads the metrics,
 * and left out when it fails, so that a database that is away takes nothing else with it.
 */
export type Metrics = {
  callAnswered(call: AnsweredCall): void;
  watchPool(pool: CountedPool): void;
  watchBus(connected: () => boolean): void;
  /** Rows of the outbox that are not published, and the age of the oldest (0: there is none). */
  watchOutbox(read: () => Promise<{ unpublished: number; oldestSeconds: number }>): void;
  watchDeadLetters(read: () => Promise<number>): void;
  /** From the commit that wrote an event to the bus's word that it has it. */
  eventPublished(delaySeconds: number): void;
  /** An event of `publisher` has had its effect, so long after it was written. */
  eventHandled(publisher: Publisher, delaySeconds: number): void;
  /** An event came again and was passed over. */
  duplicateDropped(publisher: Publisher): void;
  /** A try to call `upstream` failed, also when another replica answered after it. */
  upstreamFailed(upstream: ServiceName, why: string): void;
  /** How many replicas of each service are in which state, as calls last found them. */
  watchReplicas(read: () => readonly { service: ServiceName; state: string; count: number }[]): void;
};

/** For parts that nobody measures. */
export const noMetrics: Metrics = {
  callAnswered: () => undefined,
  watchPool: () => undefined,
  watchBus: () => undefined,
  watchOutbox: () => undefined,
  watchDeadLetters: () => undefined,
  eventPublished: () => undefined,
  eventHandled: () => undefined,
  duplicateDropped: () => undefined,
  upstreamFailed: () => undefined,
  watchReplicas: () => undefined,
};

/** The metrics of one process: each part's bear the label `service`. */
export type MetricsRegistry = {
  of(service: string): Metrics;
  /** All of it, as Prometheus reads it. */
  text(): Promise<string>;
  readonly contentType: string;
};

const callSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const delaySeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Makes a registry with the process's own figures in it: memory, event-loop lag, garbage collection. */
export function createMetricsRegistry(): MetricsRegistry {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const questions: (() => Promise<void> | void)[] = [];
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ['service'], registers });
  const delays = (name: string, help: string, labelNames: string[]) =>
    new Histogram({ name, help, labelNames: ['service', ...labelNames], buckets: delaySeconds, registers });

  const calls = new Histogram({
    name: 'uw_http_request_duration_seconds',
    help: 'Calls by route pattern, method and status, from the head of the request to the end of the answer.',
    labelNames: ['service', 'route', 'method', 'status'],
    buckets: callSeconds,
    registers,
  });
  const poolUsed = gauge('uw_db_pool_used', 'Connections of the pool that a statement or transaction holds.');
  const poolIdle = gauge('uw_db_pool_idle', 'Connections of the pool that are open and free.');
  const poolWaiting = gauge('uw_db_pool_waiting', 'Statements and transactions that wait for a connection.');
  const busConnected = gauge('uw_bus_connected', '1 while the bus can be used, else 0.');
  const unpublished = gauge('uw_outbox_unpublished', 'Rows of the outbox that are not published yet.');
  const oldest = gauge(
    'uw_outbox_oldest_seconds',
    'Age of the oldest row that is not published; 0 when there is none.',
  );
  const deadLetters = gauge('uw_dead_letters', 'Messages that were given up and that nobody has seen to.');
  const publishDelay = delays('uw_outbox_publish_delay_seconds', 'From the commit of an event to its publication.', []);
  const eventDelay = delays('uw_event_delay_seconds', 'From the commit of an event to the end of its handling.', [
    'publisher',
  ]);
  const duplicates = new Counter({
    name: 'uw_inbox_duplicates_total',
    help: 'Events that came again and were passed over.',
    labelNames: ['service', 'publisher'],
    registers,
  });
  const upstreamFailures = new Counter({
    name: 'uw_upstream_failures_total',
    help: 'Tries to call a service that failed: unreachable, lost, silent, timeout; another replica may have answered.',
    labelNames: ['service', 'upstream', 'why'],
    registers,
  });
  const replicas = new Gauge({
    name: 'uw_upstream_replicas',
    help: 'Replicas of a service by state: live, doubted (only while none is live), away (no calls).',
    labelNames: ['service', 'upstream', 'state'],
    registers,
  });

  return {
    contentType: register.contentType,
    async text() {
      await Promise.allSettled(questions.map(async (ask) => ask()));
      return register.metrics();
    },
    of(service) {
      /** Without an answer a gauge says nothing; an old answer would look like a new one. */
      const asked = (gauges: readonly Gauge<'service'>[], read: () => Promise<readonly number[]>) =>
        questions.push(async () => {
          const values = await inTime(read).catch(() => []);
          gauges.forEach((each, index) => {
            const value = values[index];
            if (value === undefined) each.remove({ service });
            else each.set({ service }, value);
          });
        });
      return {
        callAnswered: ({ route, method, status, seconds }) =>
          calls.observe({ service, route, method, status: String(status) }, seconds),
        watchPool: (pool) =>
          void asked([poolUsed, poolIdle, poolWaiting], async () => [
            pool.totalCount - pool.idleCount,
            pool.idleCount,
            pool.waitingCount,
          ]),
        watchBus: (connected) => void asked([busConnected], async () => [connected() ? 1 : 0]),
        watchOutbox: (read) =>
          void asked([unpublished, oldest], async () => {
            const outbox = await read();
            return [outbox.unpublished, outbox.oldestSeconds];
          }),
        watchDeadLetters: (read) => void asked([deadLetters], async () => [await read()]),
        eventPublished: (seconds) => publishDelay.observe({ service }, seconds),
        eventHandled: (publisher, seconds) => eventDelay.observe({ service, publisher }, seconds),
        duplicateDropped: (publisher) => duplicates.inc({ service, publisher }),
        upstreamFailed: (upstream, why) => upstreamFailures.inc({ service, upstream, why }),
        watchReplicas: (read) =>
          void questions.push(() => {
            for (const { service: upstream, state, count } of read()) replicas.set({ service, upstream, state }, count);
          }),
      };
    },
  };
}

/** Whoever reads the metrics waits seconds, not minutes. */
async function inTime<T>(read: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('no answer in time')), 2_000);
  try {
    return await Promise.race([read(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
