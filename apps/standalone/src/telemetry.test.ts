import { createEnding } from '@uw-wizard/shared/platform/ending';
import { createHealth } from '@uw-wizard/shared/platform/health';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';
import { startTelemetry } from './telemetry.ts';

const log = createLogger({ service: 'test', level: 'silent' });

test('unless somebody says where, nothing is shown', async () => {
  const telemetry = await startTelemetry(loadConfig({}), { log, ending: createEnding(() => undefined) });
  expect(telemetry.url).toBeNull();
  telemetry.metricsOf('deals-svc').watchBus(() => true);
});

test('the internal port shows each part by its name, and the house as well as the part that is worst off', async () => {
  const ending = createEnding(() => undefined);
  const telemetry = await startTelemetry(loadConfig({ METRICS_PORT: '0' }), { log, ending });
  const get = async (path: string) => {
    const answer = await fetch(`${telemetry.url}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  expect(JSON.parse((await get('/readyz')).text)).toEqual({ status: 'starting', checks: {} });
  const away = async () => {
    throw new Error('away');
  };
  const deals = createHealth({ needed: {}, wanted: { bus: away } });
  telemetry.show(
    new Map([
      ['gateway', createHealth({ needed: {}, wanted: {} })],
      ['deals-svc', deals],
    ]),
  );
  const ready = await get('/readyz');
  expect(ready.status).toBe(200);
  expect(JSON.parse(ready.text)).toMatchObject({
    status: 'degraded',
    checks: {
      gateway: { ok: true, detail: 'ready' },
      'deals-svc': { detail: 'degraded', checks: { bus: { ok: false } } },
    },
  });
  deals.drain();
  expect(await get('/readyz')).toMatchObject({ status: 503 });
  telemetry.metricsOf('deals-svc').watchBus(() => true);
  telemetry.metricsOf('sms-svc').watchBus(() => false);
  const { text } = await get('/metrics');
  expect(text).toContain('uw_bus_connected{service="deals-svc"} 1\n');
  expect(text).toContain('uw_bus_connected{service="sms-svc"} 0\n');
  await ending.run();
  await expect(get('/healthz')).rejects.toThrow();
});
