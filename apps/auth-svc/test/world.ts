import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { type Ask, createAsk } from '@uw-wizard/shared/platform/ask';
import type { Identity } from '@uw-wizard/shared/platform/identity';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { runWorkers } from '@uw-wizard/shared/platform/worker';
import { openTestBus } from '@uw-wizard/testkit/bus';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import { createTestDatabase } from '@uw-wizard/testkit/postgres';
import { decodeJwt } from 'jose';
import type { AuthConfig } from '../src/config.ts';
import { createAuthService, migrationsFolder } from '../src/service.ts';

export const tenant = 'demo';
export const adminEmail = 'admin@example.com';
export const adminPassword = 'correct horse battery staple';
export const auditKey = 'k'.repeat(32);
export const apiKey = `uwk_${'k'.repeat(40)}`;

export type Answer = { status: number; headers: Headers; body: ReturnType<typeof JSON.parse> };

/** auth-svc on a database and a bus of its own, and calls to it as the gateway would make them. */
export async function openWorld(options: { config?: Partial<AuthConfig> } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'uw-wizard-auth-'));
  const identities = await createTestIdentities();
  const database = await createTestDatabase(migrationsFolder);
  const log = createLogger({ service: 'auth-svc', level: 'silent' });
  const bus = await openTestBus('auth-svc', log);
  const service = await createAuthService(
    {
      databaseUrl: database.url,
      databaseWorkerUrl: database.workerUrl,
      publicUrl: 'http://localhost',
      identityPublicKeys: [identities.publicKeyPem],
      jwtPrivateKeys: [generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
      jwtIssuer: 'uw-wizard',
      jwtAudience: 'uw-wizard-api',
      secondFactorKeys: [randomBytes(32)],
      auditKeys: [auditKey],
      storage: { kind: 'local', folder: join(folder, 'audit') },
      spoolDir: join(folder, 'spool'),
      mail: { kind: 'none' },
      passwordResetUrl: null,
      oidc: null,
      bootstrap: { tenantId: tenant, adminEmail, adminPassword, apiKey },
      ...options.config,
    },
    { bus, log },
  );
  const workers = runWorkers(service.workers);
  const http = await serve(service.app);
  const ask: Ask = createAsk(bus);

  type Given = { as?: Partial<Identity>; json?: unknown; key?: string; headers?: Record<string, string> };

  async function text(method: string, path: string, given: Given = {}) {
    const { as = { kind: 'anonymous', sub: 'anonymous' }, json, key } = given;
    const keyed =
      key === undefined
        ? {}
        : {
            key,
            fp: createHash('sha256')
              .update(JSON.stringify(json ?? null))
              .digest('hex'),
          };
    const identity = { rid: randomUUID(), addr: '192.0.2.1', ...as, ...keyed } as Identity;
    const response = await fetch(`${http.baseUrl}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        ...given.headers,
        ...(await identities.header('auth-svc', identity)),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  async function call(method: string, path: string, given: Given = {}): Promise<Answer> {
    const { text: body, ...answer } = await text(method, path, given);
    return { ...answer, body: body === '' ? null : JSON.parse(body) };
  }

  const by = (role: Role, of = tenant): Partial<Identity> => ({
    kind: 'key',
    tenant: of,
    sub: `01990000-0000-7000-8000-00000000000${role.length}`,
    role,
  });

  return {
    database,
    bus,
    /** Where the service keeps its files. */
    folder,
    ask,
    call,
    /** A call whose answer is no JSON. */
    text,
    /** A caller of this role, by a key. */
    by,
    /** Logs in. `as` is who the gateway says makes the calls of the session. */
    async logIn(email: string, password: string) {
      const answer = await call('POST', '/api/auth/login', { json: { email, password } });
      if (answer.status !== 200) return { answer, as: {}, sessionId: '', refreshToken: '' };
      const { sub, sid } = decodeJwt<{ sid: string }>(answer.body.access_token);
      const { tenant_id, role } = answer.body.user;
      const as: Partial<Identity> = { kind: 'user', tenant: tenant_id, sub: sub ?? '', role, session: sid };
      return { answer, as, sessionId: sid, refreshToken: String(answer.body.refresh_token) };
    },
    /** A new user with a password that need not be changed. */
    async newUser(role: Role = 'analyst', of = tenant) {
      const email = `${randomUUID()}@example.com`;
      const password = `plum ${randomUUID()}`;
      const json = { email, name: 'Ada Analyst', role, password };
      const { body } = await call('POST', '/api/users', { as: by('admin', of), json, key: randomUUID() });
      return { id: String(body.user_id), email, password };
    },
    /** The facts about one user, session or key, in their order. */
    async factsOf(subject: string) {
      const rows = await database.query(
        `SELECT type, envelope->'data' AS data FROM outbox WHERE subject = '${subject}' ORDER BY sequence`,
      );
      return rows as { type: string; data: object }[];
    },
    /** Whether `text` stands anywhere in what is kept. */
    async keeps(text: string): Promise<boolean> {
      const tables =
        'outbox idempotency audit_log users api_keys sessions used_refresh_tokens login_failures password_resets second_factors recovery_codes oidc_accounts';
      for (const table of tables.split(' ')) {
        if (JSON.stringify(await database.query(`SELECT * FROM ${table}`)).includes(text)) return true;
      }
      return false;
    },
    async makeTenant(id: string) {
      await database.query(`INSERT INTO tenants (id, name) VALUES ('${id}', '${id}')`);
    },
    async close() {
      await http.stop();
      await workers.stop();
      await service.close();
      await bus.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;
