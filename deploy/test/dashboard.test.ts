import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMetricsRegistry } from '@uw-wizard/shared/platform/metrics';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const folder = join(import.meta.dirname, '..', 'observability');
const dashboard = readFileSync(join(folder, 'grafana', 'dashboards', 'uw-wizard.json'), 'utf8');
const rules = readFileSync(join(folder, 'rules.yml'), 'utf8');

/** What the parts tell, without what histograms add to a name. */
async function told(): Promise<Set<string>> {
  const text = await createMetricsRegistry().text();
  return new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name));
}

test.each([
  ['the dashboard', dashboard],
  ['the alerts', rules],
])('%s shows only figures that the parts tell', async (_, text) => {
  const names = [...text.matchAll(/\b(?:uw|nodejs|process)_[a-z0-9_]+/g)].map(([name]) =>
    name.replace(/(?<=_seconds)_(bucket|count|sum)$/, ''),
  );
  expect(names.length).toBeGreaterThan(4);
  const known = await told();
  expect([...new Set(names)].filter((name) => !known.has(name))).toEqual([]);
});

test('the dashboard shows every figure of ours', async () => {
  const ours = [...(await told())].filter((name) => name.startsWith('uw_'));
  expect(ours.filter((name) => !dashboard.includes(name))).toEqual([]);
});

test('Prometheus asks each part at the port where it tells', () => {
  const { scrape_configs } = z
    .object({
      scrape_configs: z.array(
        z.object({ dns_sd_configs: z.array(z.object({ names: z.array(z.string()), port: z.number() })) }),
      ),
    })
    .parse(parse(readFileSync(join(folder, 'prometheus.yml'), 'utf8')));
  const asked = scrape_configs.flatMap(({ dns_sd_configs }) =>
    dns_sd_configs.flatMap(({ names, port }) => names.map((name) => [name, port])),
  );
  const { services } = z
    .object({ services: z.record(z.string(), z.object({ environment: z.record(z.string(), z.unknown()).optional() })) })
    .parse(parse(readFileSync(join(folder, '..', '..', 'docker-compose.yml'), 'utf8'), { merge: true }));
  const tell = Object.entries(services).flatMap(([name, { environment }]) =>
    environment?.METRICS_PORT === undefined ? [] : [[name, environment.METRICS_PORT]],
  );
  expect(asked.sort()).toEqual(tell.sort());
});
