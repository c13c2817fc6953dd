import type { Ending } from '@uw-wizard/shared/platform/ending';
import { type Check, type Health, type HealthReport, isReady } from '@uw-wizard/shared/platform/health';
import { startInternalServer } from '@uw-wizard/shared/platform/internal-server';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { createMetricsRegistry, type Metrics, noMetrics } from '@uw-wizard/shared/platform/metrics';
import { startTracing } from '@uw-wizard/shared/platform/tracing';
import type { StandaloneConfig } from './config.ts';

/** What the house tells those who run it. */
export type Telemetry = {
  metricsOf(part: string): Metrics;
  /** From now on the health of these parts is shown; before that the house is starting. */
  show(parts: ReadonlyMap<string, Pick<Health, 'report'>>): void;
  /** Where it is shown; null: nowhere. */
  readonly url: string | null;
};

/** Opens the internal port and sends traces, as far as the configuration says where. */
export async function startTelemetry(
  config: Pick<StandaloneConfig, 'internal' | 'tracing'>,
  { log, ending }: { log: Logger; ending: Ending },
): Promise<Telemetry> {
  if (config.tracing !== null) {
    const onTrouble = (reason: string) => log.warn({ reason }, 'traces are not taken');
    const tracing = await startTracing({ service: 'uw-wizard', ...config.tracing, onTrouble });
    ending.add('traces', 700, () => tracing.stop());
  }
  let shown: ReadonlyMap<string, Pick<Health, 'report'>> = new Map();
  if (config.internal === null) return { metricsOf: () => noMetrics, show: () => undefined, url: null };
  const registry = createMetricsRegistry();
  const server = await startInternalServer({ ...config.internal, metrics: registry, report: () => reportOn(shown) });
  ending.add('internal server', 600, () => server.stop());
  return {
    metricsOf: registry.of,
    show(parts) {
      shown = parts;
    },
    url: `http://${config.internal.host}:${server.port}`,
  };
}

/** The house is as well as the part that is worst off. */
async function reportOn(parts: ReadonlyMap<string, Pick<Health, 'report'>>): Promise<HealthReport> {
  const reports = await Promise.all([...parts].map(async ([name, part]) => [name, await part.report()] as const));
  const statuses = new Set(reports.map(([, { status }]) => status));
  const worst = (['draining', 'starting', 'degraded', 'ready'] as const).find((status) => statuses.has(status));
  const checks = reports.map(([name, { status, checks: own }]): [string, Check] => [
    name,
    { ok: isReady(status), detail: status, checks: own },
  ]);
  return { status: worst ?? 'starting', checks: Object.fromEntries(checks) };
}
