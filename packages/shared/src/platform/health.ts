import type { Pool } from 'pg';
import type { Bus } from './bus.ts';
import { type Metrics, noMetrics } from './metrics.ts';
import { watchTables } from './watch-tables.ts';

export type Readiness = 'starting' | 'ready' | 'degraded' | 'draining';

/** Whether calls may be sent here: a degraded part serves what it can. */
export function isReady(status: Readiness): boolean {
  return status === 'ready' || status === 'degraded';
}

/** Looks at one thing a service stands on. Resolves with figures when all is well; throws, with a reason, when not. */
export type Probe = () => Promise<Record<string, number>>;

/** How one thing is. Only the internal port shows it. */
export type Check = { ok: boolean; detail?: string; [figure: string]: unknown };

/** Readiness with the reasons for it. */
export type HealthReport = { status: Readiness; checks: Record<string, Check> };

/**
 * A service's health. Ready: what it cannot do without answers, and it is not being stopped. Degraded: something else is
 * away, and it serves what it can serve without.
 */
export type Health = {
  report(): Promise<HealthReport>;
  /** From now on it is draining: no new calls, please. */
  drain(): void;
};

/** Makes a health out of probes: `needed` decides over ready or starting, `wanted` over ready or degraded. */
export function createHealth(probes: { needed: Record<string, Probe>; wanted: Record<string, Probe> }): Health {
  let draining = false;
  return {
    async report() {
      const [needed, wanted] = await Promise.all([tryAll(probes.needed), tryAll(probes.wanted)]);
      const allOk = (checks: Record<string, Check>) => Object.values(checks).every(({ ok }) => ok);
      const status = draining ? 'draining' : !allOk(needed) ? 'starting' : allOk(wanted) ? 'ready' : 'degraded';
      return { status, checks: { ...needed, ...wanted } };
    },
    drain() {
      draining = true;
    },
  };
}

/** The health of a service with a database of its own, a bus, and whatever else it wants; pool and bus are counted too. */
export function watchService(options: {
  database: { readonly pool: Pool; readonly worker: Pool; answers(timeoutMs: number): Promise<boolean> };
  bus: Bus;
  metrics?: Metrics | undefined;
  wanted?: Record<string, Probe>;
}): Health {
  const { database, bus, metrics = noMetrics } = options;
  metrics.watchPool(database.pool);
  metrics.watchBus(() => bus.connected());
  watchTables(database.worker, metrics);
  return createHealth({
    needed: {
      database: async () => {
        if (!(await database.answers(patienceMs))) throw new Error('does not answer');
        return {};
      },
    },
    wanted: {
      bus: async () => {
        if (!bus.connected()) throw new Error('not connected');
        return {};
      },
      outbox: () => outboxAge(database.worker),
      ...options.wanted,
    },
  });
}

const patienceMs = 1_000;

/** Events that wait longer than this are news that others should have had. */
const oldOutboxSeconds = 60;

async function outboxAge(pool: Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ seconds: number }>(
    `SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float AS seconds
     FROM outbox WHERE published_at IS NULL`,
  );
  const seconds = Math.round(rows[0]?.seconds ?? 0);
  if (seconds > oldOutboxSeconds) throw new Error(`an event has waited ${seconds} s to be published`);
  return { oldest_seconds: seconds };
}

async function tryAll(probes: Record<string, Probe>): Promise<Record<string, Check>> {
  const entries = Object.entries(probes).map(async ([name, probe]): Promise<[string, Check]> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`no answer in ${patienceMs} ms`)), patienceMs);
    try {
      return [name, { ok: true, ...(await Promise.race([probe(), late.promise])) }];
    } catch (error) {
      return [name, { ok: false, detail: error instanceof Error ? error.message : String(error) }];
    } finally {
      clearTimeout(timer);
    }
  });
  return Object.fromEntries(await Promise.all(entries));
}
