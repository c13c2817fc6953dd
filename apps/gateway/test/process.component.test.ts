import { type ChildProcess, fork, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@uw-wizard/testkit/eventually';
import { createTestNats, type TestNats } from '@uw-wizard/testkit/nats';
import { createTestRedis, type TestRedis } from '@uw-wizard/testkit/redis';
import { Pool } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headersOf } from './house.ts';

let folder: string;
let nats: TestNats;
let redis: TestRedis;
let service: ChildProcess;
let env: Record<string, string>;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uw-gw-'));
  [nats, redis] = await Promise.all([createTestNats(), createTestRedis()]);
  service = fork(new URL('./replica-process.ts', import.meta.url), ['0']);
  started.push(service);
  const [{ port }] = (await once(service, 'message')) as [{ port: number }];
  const at = `http://127.0.0.1:${port}`;
  const { privateKey } = generateKeyPairSync('ed25519');
  env = {
    PORT: '0',
    METRICS_PORT: '0',
    DATA_DIR: folder,
    NATS_URL: nats.url,
    REDIS_URL: redis.url,
    IDENTITY_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ...Object.fromEntries(['AUTH', 'DEALS', 'DOCUMENTS', 'SIGNING', 'SMS'].map((name) => [`${name}_SVC_URL`, at])),
  };
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await Promise.all([nats.drop(), redis.drop()]);
  await rm(folder, { recursive: true, force: true });
});

/** Starts `main.ts`; `lines` is its log. `ports` resolves once it listens. */
function startGateway(more: Record<string, string> = {}) {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exited = once(child, 'exit').then(([code]) => code);
  return {
    child,
    exited,
    text: () => text,
    async ports() {
      return eventually(
        () => {
          const line = text.split('\n').find((each) => each.includes('"msg":"started"'));
          if (line === undefined) throw new Error(`not started: ${text}`);
          const { port, metrics_port: internal } = JSON.parse(line);
          return { calls: `http://127.0.0.1:${port}`, internal: `http://127.0.0.1:${internal}` };
        },
        { timeoutMs: 20_000 },
      );
    },
  };
}

describe('the gateway as a process', () => {
  it('tells how long calls took by route, and how the replicas are, on a port of its own', async () => {
    const { calls, internal } = await startGateway().ports();
    expect((await fetch(`${calls}/api/deals/1`, { headers: headersOf() })).status).toBe(200);
    expect((await fetch(`${calls}/api/nowhere`, { headers: headersOf() })).status).toBe(404);
    service.kill('SIGKILL');
    await once(service, 'exit');
    expect((await fetch(`${calls}/api/deals/1`, { headers: headersOf() })).status).toBe(503);
    const metrics = await (await fetch(`${internal}/metrics`)).text();
    for (const sample of [
      'uw_http_request_duration_seconds_count{service="gateway",route="/api/deals/:id",method="GET",status="200"} 1',
      'uw_http_request_duration_seconds_count{service="gateway",route="(none)",method="GET",status="404"} 1',
      'uw_upstream_failures_total{service="gateway",upstream="deals-svc",why="unreachable"} 1',
      'uw_upstream_replicas{service="gateway",upstream="deals-svc",state="away"} 1',
      'uw_upstream_replicas{service="gateway",upstream="sms-svc",state="live"} 1',
    ]) {
      expect(metrics).toContain(sample);
    }
    const ready = await fetch(`${internal}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { status: 'degraded', checks: { 'deals-svc': { ok: false }, redis: { ok: true }, bus: { ok: true } } },
    ]);
    expect((await fetch(`${calls}/metrics`)).status).toBe(404);
  });

  it('that is told to stop says so with each answer, and loses no call, however long it was in hand', async () => {
    const gateway = startGateway({ RATE_LIMIT_KEY_PER_SECOND: '0', RATE_LIMIT_ADDRESS_PER_SECOND: '0' });
    const { calls } = await gateway.ports();
    const pool = new Pool(calls, { connections: 4 });
    const answered: number[] = [];
    const lost: unknown[] = [];
    /** As a load balancer would: not here any more, once an answer has said that its connection ends. */
    let leaving = false;
    const callUntilToldToLeave = async (method: 'GET' | 'POST') => {
      while (!leaving) {
        const path = method === 'GET' ? '/api/alerts' : '/api/deals/start';
        const body = method === 'GET' ? null : '{}';
        await pool.request({ method, path, headers: headersOf(), body }).then(
          async ({ statusCode, headers, body: answer }) => {
            await answer.dump();
            answered.push(statusCode);
            if (headers.connection === 'close') leaving = true;
          },
          (error: unknown) => {
            lost.push(error);
            leaving = true;
          },
        );
      }
    };
    const slow = fetch(`${calls}/api/deals/start?wait=2500`, { method: 'POST', headers: headersOf(), body: '{}' });
    const callers = (['GET', 'GET', 'POST'] as const).map(callUntilToldToLeave);
    await eventually(() => expect(answered.length).toBeGreaterThan(20));
    const toldMs = performance.now();
    gateway.child.kill('SIGTERM');
    await eventually(async () => {
      expect(await (await fetch(`${calls}/readyz`)).json()).toEqual({ status: 'draining' });
    });
    await Promise.all(callers);
    expect((await slow).status).toBe(200);
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - toldMs).toBeLessThan(10_000);
    expect(lost).toEqual([]);
    expect(new Set(answered)).toEqual(new Set([200]));
    await pool.destroy();
  });

  it('that starts without bus and Redis answers reads', async () => {
    const away = { NATS_URL: 'nats://127.0.0.1:9', REDIS_URL: 'redis://127.0.0.1:9' };
    const { calls } = await startGateway(away).ports();
    expect(await (await fetch(`${calls}/readyz`)).json()).toEqual({ status: 'degraded' });
    expect((await fetch(`${calls}/api/deals/1`, { headers: headersOf() })).status).toBe(200);
  });

  it('that cannot be meant so says what is wrong, and ends', async () => {
    const gateway = startGateway({ REDIS_URL: 'memory://local', DEALS_SVC_URL: 'deals' });
    expect(await gateway.exited).toBe(1);
    expect(gateway.text()).toContain('REDIS_URL: memory://local is for npm start');
    expect(gateway.text()).toContain('DEALS_SVC_URL: use http://host:port');
  });
});
