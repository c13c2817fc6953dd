import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveApiKey, resolveSession } from '@uw-wizard/shared/contracts/asks';
import { type Ask, createAsk } from '@uw-wizard/shared/platform/ask';
import type { Bus } from '@uw-wizard/shared/platform/bus';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import type { Service } from '@uw-wizard/shared/platform/service';
import { runWorkers, type Stoppable } from '@uw-wizard/shared/platform/worker';
import { openTestBus } from '@uw-wizard/testkit/bus';
import { eventually } from '@uw-wizard/testkit/eventually';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import { createTestDatabase, type TestDatabase } from '@uw-wizard/testkit/postgres';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAuthService, migrationsFolder } from '../src/service.ts';

const apiKey = `uwk_${'k'.repeat(40)}`;
const email = 'admin@example.com';
const password = 'correct horse battery staple';
const identities = await createTestIdentities();
const jwtPrivateKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let database: TestDatabase;
let bus: Bus;
let ask: Ask;
let service: Service;
let workers: Stoppable;
let http: { baseUrl: string; stop(): Promise<void> };

type Given = { adminPassword?: string; apiKey?: string };

function createAuth(bootstrap: Given = {}): Promise<Service> {
  return createAuthService(
    {
      databaseUrl: database.url,
      databaseWorkerUrl: database.workerUrl,
      publicUrl: 'http://localhost',
      identityPublicKeys: [identities.publicKeyPem],
      jwtPrivateKeys: [jwtPrivateKey],
      jwtIssuer: 'uw-wizard',
      jwtAudience: 'uw-wizard-api',
      secondFactorKeys: [randomBytes(32)],
      auditKeys: ['k'.repeat(32)],
      storage: { kind: 'local', folder: join(tmpdir(), 'uw-wizard-auth-anchors') },
      spoolDir: join(tmpdir(), 'uw-wizard-auth-spool'),
      mail: { kind: 'none' },
      passwordResetUrl: null,
      oidc: null,
      bootstrap: { tenantId: 'demo', adminEmail: email, adminPassword: password, apiKey, ...bootstrap },
    },
    { bus, log: createLogger({ service: 'auth-svc', level: 'silent' }) },
  );
}

async function startAuth(bootstrap: Given = {}): Promise<void> {
  service = await createAuth(bootstrap);
  workers = runWorkers(service.workers);
  http = await serve(service.app);
}

async function stopAuth(): Promise<void> {
  await http.stop();
  await workers.stop();
  await service.close();
}

beforeEach(async () => {
  database = await createTestDatabase(migrationsFolder);
  bus = await openTestBus('auth-svc', createLogger({ service: 'auth-svc', level: 'silent' }));
  ask = createAsk(bus);
  await startAuth();
});

afterEach(async () => {
  await stopAuth();
  await bus.close();
  await database.drop();
});

async function call(
  method: string,
  path: string,
  body?: unknown,
  identity: object = { kind: 'anonymous', sub: 'anonymous' },
) {
  const headers = await identities.header('auth-svc', { rid: 'r-1', ...identity } as Parameters<
    typeof identities.header
  >[1]);
  const response = await fetch(`${http.baseUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

const logIn = () => call('POST', '/api/auth/login', { email, password });

test('the right password starts a session whose token anyone can verify with the published keys', async () => {
  const { status, body, headers } = await logIn();
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(body.user).toMatchObject({ email, role: 'admin', tenant_id: 'demo' });
  const { body: jwks } = await call('GET', '/.well-known/jwks.json');
  const { payload } = await jwtVerify(body.access_token, createLocalJWKSet(jwks), {
    issuer: 'uw-wizard',
    audience: 'uw-wizard-api',
    algorithms: ['EdDSA'],
  });
  expect(payload).toMatchObject({ sub: body.user.user_id, tenant: 'demo', role: 'admin' });
  expect(Number(payload.exp) - Number(payload.iat)).toBe(600);
  expect(JSON.stringify(jwks)).not.toContain('"d"');
});

test('an unknown e-mail and a wrong password get the same answer', async () => {
  const wrong = await call('POST', '/api/auth/login', { email, password: 'wrong' });
  const unknown = await call('POST', '/api/auth/login', { email: 'nobody@example.com', password: 'wrong' });
  expect(wrong.status).toBe(401);
  expect(wrong.body.code).toBe('invalid-credentials');
  expect(wrong.headers.get('www-authenticate')).toContain('Bearer');
  expect(unknown.body).toEqual(wrong.body);
});

test('a login can name the account as username and in any letter case', async () => {
  const { status } = await call('POST', '/api/auth/login', { username: email.toUpperCase(), password });
  expect(status).toBe(200);
});

test('a login without an account or a password names what is missing', async () => {
  const { status, body } = await call('POST', '/api/auth/login', {});
  expect(status).toBe(422);
  expect(body.errors.map((error: { pointer: string }) => error.pointer)).toContain('#/password');
  const noAccount = await call('POST', '/api/auth/login', { password });
  expect(noAccount.body.errors[0].pointer).toBe('#/email');
});

test('a disabled user does not get in', async () => {
  await database.query('UPDATE users SET disabled_at = now()');
  expect((await logIn()).body.code).toBe('invalid-credentials');
});

test('a made-up refresh token is refused without a word about why', async () => {
  const { body } = await logIn();
  const [sessionId] = body.refresh_token.split('.');
  for (const refresh_token of ['x', `${sessionId}.${'A'.repeat(43)}`, `${crypto.randomUUID()}.${'A'.repeat(43)}`]) {
    const answer = await call('POST', '/api/auth/refresh', { refresh_token });
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid-refresh-token']);
  }
});

test('a logout ends the session everywhere at once', async () => {
  const { body } = await logIn();
  const sessionId = body.refresh_token.split('.')[0];
  const session = { tenant_id: 'demo', session_id: sessionId };
  expect(await ask(resolveSession, session)).toEqual({ active: true, role: 'admin', must_change_password: false });
  const identity = { kind: 'user', tenant: 'demo', sub: body.user.user_id, role: 'admin', session: sessionId };
  expect((await call('POST', '/api/auth/logout', undefined, identity)).status).toBe(204);
  expect(await ask(resolveSession, session)).toEqual({ active: false, role: null, must_change_password: false });
  expect((await call('POST', '/api/auth/refresh', { refresh_token: body.refresh_token })).status).toBe(401);
});

test('a logout, and "who am I", need a credential', async () => {
  expect((await call('POST', '/api/auth/logout')).status).toBe(401);
  expect((await call('GET', '/api/auth/me')).body.code).toBe('unauthenticated');
  expect((await fetch(`${http.baseUrl}/api/auth/me`)).status).toBe(401);
});

test('"who am I" names the user, the role and what it may do', async () => {
  const { body } = await logIn();
  const me = await call('GET', '/api/auth/me', undefined, {
    kind: 'user',
    tenant: 'demo',
    sub: body.user.user_id,
    role: 'admin',
  });
  expect(me.body).toMatchObject({ user_id: body.user.user_id, email, role: 'admin', tenant_id: 'demo' });
  expect(me.body.permissions).toContain('users.manage');
  const elsewhere = await call('GET', '/api/auth/me', undefined, {
    kind: 'user',
    tenant: 'other',
    sub: body.user.user_id,
    role: 'admin',
  });
  expect(elsewhere.status).toBe(401);
});

test('an API key is known by its hash, and never stored in clear', async () => {
  const hash = (key: string) => createHash('sha256').update(key).digest('hex');
  const { credential } = await ask(resolveApiKey, { key_hash: hash(apiKey) });
  expect(credential).toMatchObject({ tenant_id: 'demo', role: 'admin' });
  expect(await ask(resolveApiKey, { key_hash: hash(`${apiKey}x`) })).toEqual({ credential: null });
  const stored = JSON.stringify(await database.query('SELECT * FROM api_keys'));
  expect(stored).not.toContain(apiKey);
});

test("an expired or revoked API key is nobody's", async () => {
  const keyHash = createHash('sha256').update(apiKey).digest('hex');
  await database.query("UPDATE api_keys SET expires_at = now() - interval '1 second'");
  expect(await ask(resolveApiKey, { key_hash: keyHash })).toEqual({ credential: null });
  await database.query('UPDATE api_keys SET expires_at = NULL, revoked_at = now()');
  expect(await ask(resolveApiKey, { key_hash: keyHash })).toEqual({ credential: null });
});

test('starting again makes nothing twice, keeps the password, and lets another API key take over', async () => {
  await stopAuth();
  await startAuth({ adminPassword: 'another password here', apiKey: `uwk_${'n'.repeat(40)}` });
  expect((await logIn()).status).toBe(200);
  const rows = await database.query(
    'SELECT (SELECT count(*)::int FROM tenants) tenants, (SELECT count(*)::int FROM users) users, (SELECT count(*)::int FROM api_keys WHERE revoked_at IS NULL) keys',
  );
  expect(rows[0]).toEqual({ tenants: 1, users: 1, keys: 1 });
  const old = createHash('sha256').update(apiKey).digest('hex');
  expect(await ask(resolveApiKey, { key_hash: old })).toEqual({ credential: null });
});

test('an API key that was revoked does not come back by starting with it again', async () => {
  await stopAuth();
  await startAuth({ apiKey: `uwk_${'n'.repeat(40)}` });
  await stopAuth();
  await expect(startAuth()).rejects.toThrow('BOOTSTRAP_API_KEY is a key that was revoked');
  await startAuth({ apiKey: `uwk_${'n'.repeat(40)}` });
});

test('replicas that start at once on an empty database make one admin and one key', async () => {
  await stopAuth();
  await database.query('TRUNCATE tenants, users, sessions, api_keys');
  const services = await Promise.all(Array.from({ length: 4 }, () => createAuth()));
  await Promise.all(services.map((each) => each.close()));
  const rows = await database.query(
    'SELECT (SELECT count(*)::int FROM users) users, (SELECT count(*)::int FROM api_keys) keys',
  );
  expect(rows).toEqual([{ users: 1, keys: 1 }]);
  await startAuth();
});

test('a failed and a successful login are both in the audit log and announced', async () => {
  await call('POST', '/api/auth/login', { email, password: 'wrong' });
  await logIn();
  await eventually(async () => {
    const rows = await database.query("SELECT action FROM audit_log WHERE action LIKE 'session.%' ORDER BY seq");
    expect(rows.map((row) => row.action)).toEqual(['session.failed', 'session.started']);
  });
  await eventually(async () => {
    const published = await database.query(
      'SELECT type FROM outbox WHERE published_at IS NOT NULL ORDER BY created_at',
    );
    expect(published.map((row) => row.type)).toEqual(
      expect.arrayContaining(['user.created', 'apikey.created', 'session.failed', 'session.started']),
    );
  });
  const leaks = await database.query(`SELECT count(*)::int n FROM outbox WHERE envelope::text LIKE '%${password}%'`);
  expect(leaks[0]?.n).toBe(0);
});

test('without a provider there is no login by OpenID Connect, and a problem says so', async () => {
  for (const path of ['login?return_to=//evil.example', 'login', 'callback?code=c&state=s', 'callback']) {
    const { status, body } = await call('GET', `/api/auth/oidc/${path}`);
    expect([status, body.code]).toEqual([404, 'oidc-not-configured']);
  }
});
