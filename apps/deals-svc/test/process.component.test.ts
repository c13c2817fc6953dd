import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { eventually } from '@uw-wizard/testkit/eventually';
import { createTestIdentities, type TestIdentities } from '@uw-wizard/testkit/identity';
import { createTestNats, startNats, type TestNats } from '@uw-wizard/testkit/nats';
import { createTestDatabase, type TestDatabase } from '@uw-wizard/testkit/postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endServiceProcesses, type ServiceProcess, startServiceProcess } from './service-process.ts';

let database: TestDatabase;
let nats: TestNats;
let identities: TestIdentities;
let env: Record<string, string>;

beforeEach(async () => {
  [database, nats, identities] = await Promise.all([createTestDatabase(), createTestNats(), createTestIdentities()]);
  env = {
    DATABASE_URL: database.url,
    DATABASE_WORKER_URL: database.workerUrl,
    DATABASE_MIGRATION_URL: database.ownerUrl,
    NATS_URL: nats.url,
    FIELD_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    FIELD_INDEX_KEY: randomBytes(32).toString('base64'),
    IDENTITY_PUBLIC_KEY: identities.publicKeyPem,
    MOCK_MODE: 'true',
  };
});
afterEach(async () => {
  await endServiceProcesses();
  await nats.drop();
  await database.drop();
});

async function startDeal(
  service: ServiceProcess,
  name: string,
  merchant: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const { calls } = await service.started();
  const body = JSON.stringify({ merchant: { legal_name: name, ...merchant }, requested_amount_cents: 5_000_000 });
  const identity = await identities.header('deals-svc', {
    kind: 'key',
    tenant: 't1',
    sub: 'k1',
    role: 'admin',
    rid: randomUUID(),
    key: randomUUID(),
    fp: body,
  });
  const answer = await fetch(`${calls}/api/deals/start`, {
    method: 'POST',
    headers: { ...identity, 'content-type': 'application/json' },
    body,
  });
  return { status: answer.status, body: await answer.json() };
}

async function health(service: ServiceProcess, path: string) {
  const { internal } = await service.started();
  const answer = await fetch(`${internal}${path}`);
  return { status: answer.status, text: await answer.text() };
}

const outbox = () =>
  database.query<{ count: number; unpublished: number }>(
    "SELECT count(*)::int, count(*) FILTER (WHERE published_at IS NULL)::int AS unpublished FROM outbox WHERE type <> 'audit.recorded'",
  );

describe('a service that is told to stop', () => {
  test('answers every call it has taken, publishes what they announced, and ends in order within 10 seconds', async () => {
    const service = startServiceProcess(env);
    expect(await startDeal(service, 'First Bakery')).toMatchObject({ status: 200 });
    await database.query('BEGIN');
    await database.query('LOCK TABLE merchants');
    const calls = Array.from({ length: 8 }, (_, at) => startDeal(service, `Bakery ${at}`));
    // They are in hand once they wait for the table.
    await eventually(async () => {
      const { text } = await health(service, '/metrics');
      expect(text).toMatch(/^uw_db_pool_used\{service="deals-svc"\} 8$/m);
    });
    const toldAt = performance.now();
    service.kill('SIGTERM');
    await service.logged('stopping');
    await eventually(async () => {
      expect(await health(service, '/readyz')).toMatchObject({
        status: 503,
        text: expect.stringContaining('draining'),
      });
    });
    await database.query('COMMIT');
    for (const answer of await Promise.all(calls)) expect(answer).toMatchObject({ status: 200 });
    expect(await service.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - toldAt).toBeLessThan(10_000);
    expect(await outbox()).toEqual([{ count: 9, unpublished: 0 }]);
    await expect(startDeal(service, 'Too late')).rejects.toThrow();
  });

  test('ends at once when it is told a second time', async () => {
    const service = startServiceProcess(env);
    await service.started();
    await database.query('BEGIN');
    await database.query('LOCK TABLE merchants');
    const call = startDeal(service, 'Patient Bakery').catch(() => 'cut off');
    await eventually(async () => {
      expect((await health(service, '/metrics')).text).toMatch(/^uw_db_pool_used\{service="deals-svc"\} 1$/m);
    });
    service.kill('SIGINT');
    await service.logged('stopping');
    service.kill('SIGINT');
    expect(await service.ended).toEqual({ code: 130, signal: null });
    expect(await call).toBe('cut off');
    await database.query('ROLLBACK');
  });

  test('ends in order also while it is still starting', async () => {
    const service = startServiceProcess({ ...env, DATABASE_MIGRATION_URL: await urlOfNobody() });
    await service.logged('waiting for the database');
    service.kill('SIGTERM');
    expect(await service.ended).toEqual({ code: 0, signal: null });
    expect(service.lines.at(-1)?.msg).toBe('stopped');
  });

  test('says what hangs and ends with a failure, when it cannot stop in order', async () => {
    const service = startServiceProcess(env);
    await service.started();
    await database.query('BEGIN');
    await database.query('LOCK TABLE merchants');
    const call = startDeal(service, 'Endless Bakery').catch(() => 'cut off');
    await eventually(async () => {
      expect((await health(service, '/metrics')).text).toMatch(/^uw_db_pool_used\{service="deals-svc"\} 1$/m);
    });
    const toldAt = performance.now();
    service.kill('SIGTERM');
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(performance.now() - toldAt).toBeLessThan(11_000);
    expect(service.lines.map(({ msg }) => msg)).toContain('not stopped in order');
    expect(await call).toBe('cut off');
    await database.query('ROLLBACK');
  });
});

describe('a service that starts', () => {
  test('waits for its database and says so, alive and not ready', async () => {
    const url = new URL(await urlOfNobody());
    const { port } = url;
    const service = startServiceProcess({ ...env, DATABASE_MIGRATION_URL: url.href, METRICS_PORT: '0' });
    const line = await service.logged('waiting for the database');
    expect(line).toMatchObject({ level: 'warn', database: `127.0.0.1:${port}` });
    expect(JSON.stringify(service.lines)).not.toContain('s3cret');
  });

  test('is degraded without its bus, serves calls, and announces them when the bus is back', async () => {
    const own = await startNats();
    await own.shutDown();
    const service = startServiceProcess({ ...env, NATS_URL: own.url });
    expect(await startDeal(service, 'Lonely Bakery')).toMatchObject({ status: 200 });
    const degraded = await health(service, '/readyz');
    expect(degraded.status).toBe(200);
    expect(JSON.parse(degraded.text)).toMatchObject({
      status: 'degraded',
      checks: { database: { ok: true }, bus: { ok: false, detail: 'not connected' }, outbox: { ok: true } },
    });
    expect((await health(service, '/metrics')).text).toContain('uw_bus_connected{service="deals-svc"} 0');
    await own.restart();
    await eventually(async () => expect(await outbox()).toEqual([{ count: 1, unpublished: 0 }]), { timeoutMs: 15_000 });
    await eventually(async () => {
      expect(JSON.parse((await health(service, '/readyz')).text)).toMatchObject({ status: 'ready' });
    });
    service.kill('SIGTERM');
    expect(await service.ended).toEqual({ code: 0, signal: null });
    await own.stop();
  });

  test('names every bad variable and ends with 1, without a stack', async () => {
    const service = startServiceProcess({ PORT: 'x', NATS_URL: 'memory://local' });
    expect(await service.ended).toEqual({ code: 1, signal: null });
    for (const name of ['DATABASE_URL', 'NATS_URL', 'PORT', 'IDENTITY_PUBLIC_KEY', 'MOCK_MODE'])
      expect(service.stderr()).toContain(`- ${name}:`);
    expect(service.stderr()).not.toMatch(/^\s+at /m);
  });

  test('tells its variables to whoever asks, and starts nothing', async () => {
    const service = startServiceProcess({}, ['--help']);
    expect(await service.ended).toEqual({ code: 0, signal: null });
    expect(service.lines.map(({ msg }) => msg).join('\n')).toMatch(/DATABASE_URL .*\(required\)/);
  });

  test('does not wait for what waiting will not mend', async () => {
    const url = new URL(database.ownerUrl);
    url.pathname = '/no_such_database';
    const service = startServiceProcess({ ...env, DATABASE_MIGRATION_URL: url.href });
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.lines.at(-2)).toMatchObject({ level: 'fatal', msg: 'not started' });
  });
});

test('an error that repeats what somebody told us is logged without it, with the ids to find the call by', async () => {
  const service = startServiceProcess({ ...env, LOG_LEVEL: 'trace' });
  await service.started();
  await database.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'cannot keep %', row_to_json(NEW)
      USING DETAIL = NEW.email || ' called from ' || NEW.phone, HINT = 'EIN ' || NEW.ein;
  END $$`);
  await database.query('CREATE TRIGGER refuse BEFORE INSERT ON merchants FOR EACH ROW EXECUTE FUNCTION refuse()');
  const personal = { ein: '12-3456789', phone: '+12125550100', email: 'pat.oneil@example.com' };
  const answer = await startDeal(service, 'Refused Bakery', personal);
  expect(answer).toMatchObject({ status: 500 });
  const line = await service.logged('call failed');
  expect(line).toMatchObject({ request_id: expect.any(String), tenant_id: 't1', err: { stack: expect.any(String) } });
  const log = JSON.stringify(service.lines) + service.stderr();
  expect(log).toContain('cannot keep');
  for (const value of Object.values(personal)) expect(log).not.toContain(value);
  expect(JSON.stringify(answer.body)).not.toContain('cannot keep');
});

/** Of a database server that is not there. */
async function urlOfNobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  await new Promise((resolve) => server.close(resolve));
  return `postgres://deals:s3cret@127.0.0.1:${address.port}/deals`;
}
