import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthService, migrationsFolder } from '@uw-wizard/auth-svc/service';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { openBus } from '@uw-wizard/shared/platform/open-bus';
import { runWorkers } from '@uw-wizard/shared/platform/worker';
import { eventually } from '@uw-wizard/testkit/eventually';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import { createTestNats } from '@uw-wizard/testkit/nats';
import { createTestDatabase } from '@uw-wizard/testkit/postgres';
import { startRedis } from '@uw-wizard/testkit/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway } from '../src/service.ts';
import { objectOf, openTestRedis, tenant } from './house.ts';

const log = createLogger({ service: 'gateway', level: 'silent' });
const adminKey = `uw_${'k'.repeat(40)}`;

let house: Awaited<ReturnType<typeof openTwoGateways>>;
beforeAll(async () => {
  house = await openTwoGateways();
}, 60_000);
afterAll(() => house?.close());

/** Two gateways on one Redis and one NATS, before the real auth-svc on a PostgreSQL of its own. */
async function openTwoGateways() {
  const [identities, database, nats, redisServer] = await Promise.all([
    createTestIdentities(),
    createTestDatabase(migrationsFolder),
    createTestNats(),
    startRedis(),
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'uw-two-'));
  /** Until then connections are taken and questions heard, and nothing is said. */
  const mute = { over: Promise.resolve() };
  const authBus = await openBus({ url: nats.url, name: 'auth-svc', log });
  const service = await createAuthService(
    {
      databaseUrl: database.url,
      publicUrl: 'http://gateway.test',
      identityPublicKeys: [identities.publicKeyPem],
      jwtPrivateKeys: [generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
      jwtIssuer: 'uw-wizard',
      jwtAudience: 'uw-wizard-api',
      secondFactorKeys: [randomBytes(32)],
      mail: { kind: 'none' },
      passwordResetUrl: null,
      bootstrap: {
        tenantId: tenant,
        adminEmail: 'admin@example.com',
        adminPassword: 'plum in the tree',
        apiKey: adminKey,
      },
    },
    {
      bus: {
        ...authBus,
        respond: (subject, answer) => authBus.respond(subject, async (body) => mute.over.then(() => answer(body))),
      },
      log,
    },
  );
  const workers = runWorkers(service.workers);
  const auth = await serve((req: IncomingMessage, res: ServerResponse) => {
    void mute.over.then(() => service.app(req, res));
  });

  const other = await serve((_req, res) => void res.end('{}'));
  const gateways = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const bus = await openBus({ url: nats.url, name: 'gateway', log });
      const redis = openTestRedis(redisServer.url, log);
      await eventually(() => expect(redis.connected()).toBe(true));
      const others = [other.baseUrl];
      const gateway = await createGateway(
        {
          publicUrl: 'http://gateway.test',
          corsOrigins: [],
          debug: false,
          identityPrivateKey: identities.privateKeyPem,
          services: {
            'auth-svc': [auth.baseUrl],
            'deals-svc': others,
            'documents-svc': others,
            'signing-svc': others,
            'sms-svc': others,
          },
          spoolDir: join(folder, name),
          trustedProxies: [],
          allowedHosts: [],
          hsts: { maxAgeSeconds: 0, includeSubdomains: false },
          rateLimits: { keyPerSecond: 0, addressPerSecond: 0, loginPerMinute: 0 },
          jwtIssuer: 'uw-wizard',
          jwtAudience: 'uw-wizard-api',
        },
        { bus, log, redis },
      );
      const http = await serve(gateway.app);
      return {
        baseUrl: http.baseUrl,
        redis,
        async close() {
          await http.stop();
          await gateway.close();
          redis.close();
          await bus.close();
        },
      };
    }),
  );

  const call = async (at: number, method: string, path: string, credential: string, json?: object) =>
    fetch(`${gateways[at]?.baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${credential}`,
        'x-tenant-id': tenant,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  return {
    mute,
    database,
    redisServer,
    redis: gateways.map(({ redis }) => redis),
    call,
    /** How each gateway answers a read with this credential: with the status, or the code of the problem. */
    async answers(credential: string, path = '/api/alerts'): Promise<(number | string)[]> {
      const responses = await Promise.all(gateways.map((_, at) => call(at, 'GET', path, credential)));
      return Promise.all(
        responses.map(async (response) => (response.ok ? response.status : String((await objectOf(response)).code))),
      );
    },
    /** A user who has logged in. */
    async newUser(role: string) {
      const [email, password] = [`${randomUUID()}@example.com`, `plum ${randomUUID()}`];
      const made = await call(0, 'POST', '/api/users', adminKey, { email, name: 'Ada', role, password });
      const { user_id } = await objectOf(made);
      const session = await objectOf(await call(0, 'POST', '/api/auth/login', '', { email, password }));
      return { id: String(user_id), token: String(session.access_token) };
    },
    async close() {
      for (const gateway of gateways) await gateway.close();
      await Promise.all([auth.stop(), other.stop()]);
      await workers.stop();
      await service.close();
      await authBus.close();
      await Promise.all([database.drop(), nats.drop(), redisServer.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const withinASecond = (check: () => Promise<void>) => eventually(check, { timeoutMs: 1_000 });
const refused = ['unauthenticated', 'unauthenticated'];

/** What an admin or a user does at the first gateway, and what both then say to the credential. */
async function theyRefuse() {
  const { call, answers, newUser } = house;
  const out = await newUser('analyst');
  expect(await answers(out.token)).toEqual([200, 200]);
  expect((await call(0, 'POST', '/api/auth/logout', out.token)).status).toBe(204);
  await withinASecond(async () => expect(await answers(out.token)).toEqual(refused));

  const disabled = await newUser('analyst');
  expect(await answers(disabled.token)).toEqual([200, 200]);
  expect((await call(0, 'PATCH', `/api/users/${disabled.id}`, adminKey, { disabled: true })).status).toBe(200);
  await withinASecond(async () => expect(await answers(disabled.token)).toEqual(refused));

  const lowered = await newUser('admin');
  expect(await answers(lowered.token, '/api/users')).toEqual([200, 200]);
  expect((await call(0, 'PATCH', `/api/users/${lowered.id}`, adminKey, { role: 'analyst' })).status).toBe(200);
  await withinASecond(async () =>
    expect(await answers(lowered.token, '/api/users')).toEqual(['forbidden', 'forbidden']),
  );
  expect(await answers(lowered.token)).toEqual([200, 200]);

  const made = await objectOf(await call(0, 'POST', '/api/api-keys', adminKey, { name: 'k', role: 'analyst' }));
  const key = String(made.api_key);
  expect(await answers(key)).toEqual([200, 200]);
  expect((await call(0, 'DELETE', `/api/api-keys/${made.api_key_id}`, adminKey)).status).toBe(204);
  await withinASecond(async () => expect(await answers(key)).toEqual(refused));
}

describe('two gateways before one auth-svc', () => {
  it(
    'refuse a logged-out token, a disabled user, a lowered role and a revoked key within a second',
    theyRefuse,
    20_000,
  );

  it('refuse them as soon when Redis has lost all it held, and go on refusing what was refused before', async () => {
    const before = await house.newUser('analyst');
    expect((await house.call(1, 'POST', '/api/auth/logout', before.token)).status).toBe(204);
    await withinASecond(async () => expect(await house.answers(before.token)).toEqual(refused));
    await house.redis[0]?.client.flushall();
    await house.redisServer.restart();
    await eventually(() => expect(house.redis.every((redis) => redis.connected())).toBe(true));
    expect(await house.answers(before.token)).toEqual(refused);
    await theyRefuse();
  }, 30_000);

  it('hear of a change that was made by hand, without a word on the bus', async () => {
    const { token } = await house.newUser('analyst');
    expect(await house.answers(token)).toEqual([200, 200]);
    await house.database.query("UPDATE sessions SET ended_at = now(), end_reason = 'logout'");
    await withinASecond(async () => expect(await house.answers(token)).toEqual(refused));
  });

  it('answer 503 once auth-svc has said nothing for five seconds, and never yes to who was shut out meanwhile', async () => {
    const { token } = await house.newUser('analyst');
    expect(await house.answers(token)).toEqual([200, 200]);
    const silence = Promise.withResolvers<void>();
    house.mute.over = silence.promise;
    const muteAtMs = performance.now();
    await house.database.query("UPDATE sessions SET ended_at = now(), end_reason = 'logout'");
    // Who asks when the five seconds are over waits for five more, in case auth-svc is only slow.
    const unavailable = ['auth-unavailable', 'auth-unavailable'];
    await eventually(async () => expect(await house.answers(token)).toEqual(unavailable), { timeoutMs: 12_000 });
    expect(performance.now() - muteAtMs).toBeGreaterThan(4_000);
    expect(await house.answers(adminKey)).toEqual(unavailable);
    silence.resolve();
    const said = new Set<number | string>();
    await eventually(async () => {
      const answers = await house.answers(token);
      for (const answer of answers) said.add(answer);
      expect(answers).toEqual(refused);
    });
    expect(said).not.toContain(200);
    await eventually(async () => expect(await house.answers(adminKey)).toEqual([200, 200]));
  }, 40_000);
});
