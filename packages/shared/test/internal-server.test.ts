import { afterEach, expect, test } from 'vitest';
import { createHealth } from '../src/platform/health.ts';
import { startInternalServer } from '../src/platform/internal-server.ts';
import { createMetricsRegistry } from '../src/platform/metrics.ts';

let stop = async (): Promise<void> => undefined;
afterEach(() => stop());

async function serve(health: ReturnType<typeof createHealth>, registry = createMetricsRegistry()) {
  const server = await startInternalServer({
    host: '127.0.0.1',
    port: 0,
    metrics: registry,
    report: () => health.report(),
  });
  stop = () => server.stop();
  return async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
}

const well = async () => ({});
const away = async () => {
  throw new Error('not connected');
};

test('the internal port says why a service is not ready, and that it lives all the same', async () => {
  const get = await serve(createHealth({ needed: { database: away }, wanted: { bus: well } }));
  const ready = await get('/readyz');
  expect(ready.status).toBe(503);
  expect(JSON.parse(ready.text)).toEqual({
    status: 'starting',
    checks: { database: { ok: false, detail: 'not connected' }, bus: { ok: true } },
  });
  expect(await get('/healthz')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
});

test('without its bus a service is degraded and still gets calls; draining, it gets none', async () => {
  const health = createHealth({ needed: { database: async () => ({ open: 3 }) }, wanted: { bus: away } });
  const get = await serve(health);
  const degraded = await get('/readyz');
  expect(degraded.status).toBe(200);
  expect(JSON.parse(degraded.text)).toMatchObject({ status: 'degraded', checks: { database: { ok: true, open: 3 } } });
  health.drain();
  expect(await get('/readyz')).toMatchObject({ status: 503, text: expect.stringContaining('"draining"') });
});

test('a look that takes too long counts as a bad one', async () => {
  const health = createHealth({ needed: { database: () => new Promise(() => undefined) }, wanted: {} });
  expect(await health.report()).toMatchObject({ status: 'starting', checks: { database: { ok: false } } });
});

test('each part counts under its own name, and what cannot be asked is left out instead of being old', async () => {
  const registry = createMetricsRegistry();
  const deals = registry.of('deals-svc');
  let outbox: { unpublished: number; oldestSeconds: number } | null = { unpublished: 4, oldestSeconds: 1.5 };
  deals.watchOutbox(async () => {
    if (outbox === null) throw new Error('the database is away');
    return outbox;
  });
  deals.watchDeadLetters(async () => 2);
  deals.watchPool({ totalCount: 5, idleCount: 3, waitingCount: 1 });
  deals.watchBus(() => false);
  deals.callAnswered({ route: '/api/deals/:id', method: 'GET', status: 200, seconds: 0.02 });
  deals.eventHandled('auth-svc', 0.2);
  deals.eventPublished(0.01);
  deals.duplicateDropped('auth-svc');
  registry.of('auth-svc').watchBus(() => true);
  const get = await serve(createHealth({ needed: {}, wanted: {} }), registry);
  const first = await get('/metrics');
  expect(first.type).toMatch(/^text\/plain; version=/);
  for (const line of [
    'uw_outbox_unpublished{service="deals-svc"} 4',
    'uw_outbox_oldest_seconds{service="deals-svc"} 1.5',
    'uw_dead_letters{service="deals-svc"} 2',
    'uw_db_pool_used{service="deals-svc"} 2',
    'uw_db_pool_idle{service="deals-svc"} 3',
    'uw_db_pool_waiting{service="deals-svc"} 1',
    'uw_bus_connected{service="deals-svc"} 0',
    'uw_bus_connected{service="auth-svc"} 1',
    'uw_http_request_duration_seconds_count{service="deals-svc",route="/api/deals/:id",method="GET",status="200"} 1',
    'uw_event_delay_seconds_count{service="deals-svc",publisher="auth-svc"} 1',
    'uw_outbox_publish_delay_seconds_count{service="deals-svc"} 1',
    'uw_inbox_duplicates_total{service="deals-svc",publisher="auth-svc"} 1',
  ]) {
    expect(first.text).toContain(`${line}\n`);
  }
  expect(first.text).toContain('nodejs_eventloop_lag_p99_seconds ');
  outbox = null;
  const second = await get('/metrics');
  expect(second.text).not.toContain('uw_outbox_unpublished{');
  expect(second.text).toContain('uw_dead_letters{service="deals-svc"} 2\n');
});
