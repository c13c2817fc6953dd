import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthConfig } from '@uw-wizard/auth-svc/config';
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
import { expect } from 'vitest';
import { createGateway } from '../src/service.ts';
import { objectOf, openTestRedis, tenant } from './house.ts';

const log = createLogger({ service: 'gateway', level: 'silent' });
/** An admin's key. */
export const adminKey = `uw_${'k'.repeat(40)}`;

/** Two gateways on one Redis and one NATS, before the real auth-svc on a PostgreSQL of its own. */
export async function openTwoGateways({ oidc }: Pick<AuthConfig, 'oidc'>) {
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
      databaseWorkerUrl: database.workerUrl,
      publicUrl: 'http://gateway.test',
      identityPublicKeys: [identities.publicKeyPem],
      jwtPrivateKeys: [generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
      jwtIssuer: 'uw-wizard',
      jwtAudience: 'uw-wizard-api',
      secondFactorKeys: [randomBytes(32)],
      auditKeys: [randomUUID()],
      storage: { kind: 'local', folder: join(folder, 'audit') },
      spoolDir: join(folder, 'spool'),
      mail: { kind: 'none' },
      passwordResetUrl: null,
      oidc,
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
    urls: gateways.map(({ baseUrl }) => baseUrl),
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
      return { id: String(user_id), email, password, token: String(session.access_token) };
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
