import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { createClient } from '../flow/client.ts';
import { prepareFlows } from '../flow/many-flows.ts';
import { runWholeFlow } from '../flow/whole-flow.ts';
import { type CollectedSpan, startCollector } from './otlp.ts';

let collector: Awaited<ReturnType<typeof startCollector>>;
let cluster: Cluster;
const personal = ['owner4242@example.com', 'owner4242%40example.com', '12-1004242', 'Alex Owner4242'];
/** The trace that the client's first call to each path asked to be part of. */
const traces = new Map<string, string>();

beforeAll(async () => {
  collector = await startCollector();
  cluster = await startCluster({
    replicas: 1,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, LOG_LEVEL: 'trace' },
  });
  const [target] = cluster.targets;
  const plain = createClient(target);
  const client: typeof plain = {
    target,
    call(method, path, options = {}) {
      const trace = randomBytes(16).toString('hex');
      if (!traces.has(path)) traces.set(path, trace);
      const traceparent = `00-${trace}-${clientSpan}-01`;
      return plain.call(method, path, { ...options, headers: { ...options.headers, traceparent } });
    },
  };
  const [flow] = await prepareFlows({ count: 1, firstSeed: 4_242 });
  if (flow === undefined) throw new Error('no flow was prepared');
  personal.push(String(flow.merchant.answers.owner_phone));
  await runWholeFlow(client, { flow, key: 'telemetry', settleMs: 20_000 });
  // Refusals and nonsense leave lines of their own.
  const { owner_phone: to, email } = flow.merchant.answers;
  await client.call('POST', '/api/sms/cherry/send', { json: { to: `${to}0000000`, body: String(email) } });
  await client.call('POST', '/api/deals', { json: { merchant: { ...flow.merchant.start, email: [email] } } });
  await client.call('GET', '/api/deals', { query: { q: String(email) } });
  await client.call('POST', '/api/auth/login', { json: { email, password: 'owner4242-hush-hush' }, key: null });
  personal.push('owner4242-hush-hush', target.apiKey);
}, 120_000);
afterAll(async () => {
  await cluster?.stop();
  await collector?.stop();
});

const clientSpan = 'c11e47000000c11e';

/** All spans of the call to `path`, once those of `services` have come: each sends its own, when it finds the time. */
function traceOf(path: string, services: readonly string[]): Promise<CollectedSpan[]> {
  return eventually(
    () => {
      const spans = collector.spans.filter(({ traceId }) => traceId === traces.get(path));
      expect(spans.map(({ service, name }) => `${service} ${name}`)).toEqual(expect.arrayContaining([...services]));
      return spans;
    },
    { timeoutMs: 15_000 },
  );
}

test('a text is one trace, from the gateway through two services and their databases to who hears of it', async () => {
  const spans = await traceOf('/api/sms/cherry/send', [
    'gateway POST /api/sms/cherry/send',
    'sms-svc publish sms.sent',
    'deals-svc process sms.sent',
  ]);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  /** From a span up to the client: what led to it. */
  const pathTo = (span: CollectedSpan | undefined): string[] => {
    if (span === undefined) return [];
    if (span.parentId === clientSpan) return [`${span.service}: ${span.name}`];
    return [...pathTo(byId.get(span.parentId)), `${span.service}: ${span.name}`];
  };
  const find = (service: string, name: string | RegExp) =>
    spans.find(
      (span) => span.service === service && (typeof name === 'string' ? span.name === name : name.test(span.name)),
    );
  const call = ['gateway: POST /api/sms/cherry/send', 'gateway: call sms-svc', 'sms-svc: POST /api/sms/cherry/send'];
  expect(pathTo(find('sms-svc', 'ask ask.deals-svc.deal-exists'))).toEqual([
    ...call,
    'sms-svc: ask ask.deals-svc.deal-exists',
  ]);
  expect(pathTo(find('deals-svc', /^SELECT /))).toEqual(
    expect.arrayContaining([...call, 'deals-svc: answer ask.deals-svc.deal-exists']),
  );
  const written = spans.find(
    ({ service, attributes }) => service === 'sms-svc' && /INTO outbox /i.test(attributes['db.query.text'] ?? ''),
  );
  expect(pathTo(written).slice(0, -1)).toEqual([...call, 'sms-svc: transaction']);
  expect(pathTo(find('sms-svc', 'publish sms.sent'))).toEqual([
    ...call,
    'sms-svc: transaction',
    'sms-svc: publish sms.sent',
  ]);
  const handled = [...call, 'sms-svc: transaction', 'deals-svc: process sms.sent'];
  expect(pathTo(find('deals-svc', 'process sms.sent'))).toEqual(handled);
  expect(pathTo(find('deals-svc', 'INSERT events'))).toEqual([
    ...handled,
    'deals-svc: transaction',
    'deals-svc: INSERT events',
  ]);
});

test('a trace tells which statements ran and for which route, and nothing about anybody', () => {
  const told = JSON.stringify(collector.spans);
  for (const value of personal) expect(told).not.toContain(value);
  const sql = collector.spans.find(({ attributes }) => attributes['db.system.name'] === 'postgresql');
  expect(sql?.attributes['db.query.text']).toMatch(/^[A-Z]+/);
  const offers = collector.spans.find(
    ({ service, kind, name }) => service === 'deals-svc' && kind === 2 && name.includes('/offers'),
  );
  expect(offers).toMatchObject({
    name: 'POST /api/deals/:id/offers',
    attributes: { 'http.route': '/api/deals/:id/offers', 'http.response.status_code': '200' },
  });
});

test('no log of a whole flow, at its most talkative, names anybody or shows a secret; each line of a call can be found by it', async () => {
  const names = (await readdir(cluster.folder)).filter((name) => name.endsWith('.log'));
  const services = names.filter((name) => /^(gateway|\w+-svc)-1\.log$/.test(name));
  expect(services).toHaveLength(6);
  const logs = await Promise.all(services.map((name) => readFile(join(cluster.folder, name), 'utf8')));
  for (const log of logs) for (const value of personal) expect(log).not.toContain(value);
  const lines = logs.flatMap((log) =>
    log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line)),
  );
  expect(lines.length).toBeGreaterThan(50);
  const text = lines.find(({ msg, path }) => msg === 'call' && path === '/api/sms/cherry/send');
  expect(text).toMatchObject({
    service: 'gateway',
    trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    request_id: expect.any(String),
  });
});
