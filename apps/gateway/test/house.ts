import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentialChanges, resolveApiKey, resolveSession } from '@uw-wizard/shared/contracts/asks';
import type { Role } from '@uw-wizard/shared/contracts/permissions';
import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import { answering, answerOver } from '@uw-wizard/shared/platform/ask';
import { createIdentityVerifier, type Identity, identityHeader } from '@uw-wizard/shared/platform/identity';
import { createLogger, type Logger } from '@uw-wizard/shared/platform/logger';
import { openTestBus } from '@uw-wizard/testkit/bus';
import { eventually } from '@uw-wizard/testkit/eventually';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import { createTestRedis } from '@uw-wizard/testkit/redis';
import { exportJWK, SignJWT } from 'jose';
import { expect } from 'vitest';
import { z } from 'zod';
import type { GatewayConfig } from '../src/config.ts';
import { withClients } from '../src/http/patience.ts';
import { openRedis } from '../src/redis/open-redis.ts';
import { parseRedisUrl } from '../src/redis/parse-redis-url.ts';
import { createGateway, type GatewayDeps } from '../src/service.ts';

/** What a service got to see of one call. */
export type Seen = {
  service: ServiceName;
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
  identity: Identity | null;
};

export type Reply = (seen: Seen, res: ServerResponse, req: IncomingMessage) => unknown;

const serviceNames = ['auth-svc', 'deals-svc', 'documents-svc', 'signing-svc', 'sms-svc'] as const;
export const tenant = 'demo';
export const keys = {
  admin: `uwk_${'a'.repeat(40)}`,
  analyst: `uwk_${'b'.repeat(40)}`,
  reviewer: `uwk_${'c'.repeat(40)}`,
};

/**
 * A gateway with servers in place of the services: they verify the identity as the real ones do, write down what they
 * see, and answer what `reply` says. Questions about API keys and sessions are answered as by auth-svc. Bus and Redis are real.
 */
export async function openHouse(
  options: {
    config?: Partial<GatewayConfig>;
    deps?: Partial<GatewayDeps>;
    unixSockets?: boolean;
    /** Replicas to call instead of the servers of this house. */
    services?: Partial<GatewayConfig['services']>;
  } = {},
) {
  const identities = await createTestIdentities();
  const folder = await mkdtemp(join(tmpdir(), 'uw-gw-'));
  const seen: Seen[] = [];
  const house = {
    reply: ((_seen, res) => sendJson(res, 200, { ok: true })) as Reply,
    askedKeys: 0,
    askedSessions: 0,
    /** Ways that lead to auth-svc. */
    ways: ['http'] as ('http' | 'bus')[],
    endedSessions: new Set<string>(),
    /** What its user may do in a session; an admin's, where nothing is said. */
    sessionRoles: new Map<string, Role>(),
    /** Of users who must change the password first. */
    restrictedSessions: new Set<string>(),
    askedChanges: 0,
    revokedKeys: new Set<string>(),
    expiredKeys: new Set<string>(),
  };
  const jwt = await createJwtKeys();
  const changes: { id: number; credential_id: string }[] = [];

  const log = createLogger({ service: 'gateway', level: 'silent' });
  const bus = await openTestBus('gateway', log);
  const byHash = new Map<string, { id: string; role: Role; key: string }>();
  for (const [index, [role, key]] of Object.entries(keys).entries()) {
    // The same in every house, for gateways that share a Redis.
    const id = `01990000-0000-7000-8000-00000000000${index}`;
    byHash.set(sha256(key), { id, role: role as Role, key });
  }
  const questions = [
    answering(log, resolveApiKey, async ({ key_hash }) => {
      house.askedKeys += 1;
      const found = byHash.get(key_hash);
      if (found === undefined || house.revokedKeys.has(found.key)) return { credential: null };
      const { id, role, key } = found;
      const expires_at = house.expiredKeys.has(key) ? '2026-01-01T00:00:00Z' : null;
      return { credential: { api_key_id: id, tenant_id: tenant, role, name: role, expires_at } };
    }),
    answering(log, resolveSession, async ({ session_id }) => {
      house.askedSessions += 1;
      const active = !house.endedSessions.has(session_id);
      const role = active ? (house.sessionRoles.get(session_id) ?? 'admin') : null;
      return { active, role, must_change_password: active && house.restrictedSessions.has(session_id) };
    }),
    answering(log, credentialChanges, async ({ since }) => {
      house.askedChanges += 1;
      const cursor = String(changes.length);
      return since === null
        ? { cursor, all: true, changes: [] }
        : { cursor, all: false, changes: changes.slice(Number(since)) };
    }),
  ];
  for (const question of questions) await answerOver(bus, question);

  const servers = await Promise.all(
    serviceNames.map(async (service) => {
      const verify = createIdentityVerifier([identities.publicKeyPem], service);
      const server = createServer({ keepAliveTimeout: 75_000 }, async (req, res) => {
        const body = await collect(req);
        const token = req.headers[identityHeader];
        const identity = typeof token === 'string' ? await verify(token) : null;
        const call = { service, method: req.method ?? '', url: req.url ?? '', headers: req.headers, body, identity };
        if (identity === null) return sendJson(res, 401, { code: 'unauthenticated' });
        if (req.url === '/.well-known/jwks.json') return sendJson(res, 200, jwt.jwks);
        const question = questions.find(({ contract }) => req.url === `/ask/${contract.name}`);
        if (service === 'auth-svc' && identity.kind === 'gateway' && question !== undefined) {
          if (!house.ways.includes('http')) return req.socket.destroy();
          return res.setHeader('content-type', 'application/json').end(await question.reply(body.toString('utf8')));
        }
        seen.push(call);
        return house.reply(call, res, req);
      });
      const socketPath = join(folder, `${service}.sock`);
      await new Promise<void>((resolve) =>
        options.unixSockets ? server.listen(socketPath, resolve) : server.listen(0, '127.0.0.1', resolve),
      );
      const address = server.address();
      const url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : `unix:${socketPath}`;
      return { service, server, url };
    }),
  );

  const spoolDir = join(folder, 'spool');
  const config: GatewayConfig = {
    publicUrl: 'http://gateway.test',
    corsOrigins: ['http://localhost:5173'],
    debug: false,
    identityPrivateKey: identities.privateKeyPem,
    services: { ...servicesAt(servers), ...options.services },
    spoolDir,
    trustedProxies: [],
    allowedHosts: [],
    hsts: { maxAgeSeconds: 31_536_000, includeSubdomains: false },
    rateLimits: { keyPerSecond: 0, addressPerSecond: 0, loginPerMinute: 0 },
    jwtIssuer: 'uw-wizard',
    jwtAudience: 'uw-wizard-api',
    ...options.config,
  };
  const askedBus = {
    ...bus,
    ask: (subject: string, body: string, more: { timeoutMs: number }) =>
      bus.ask(house.ways.includes('bus') ? subject : 'ask.nobody', body, more),
  };
  const ownRedis = options.deps?.redis === undefined ? await openOwnRedis(log) : undefined;
  const gateway = await createGateway(config, { bus: askedBus, log, ...ownRedis?.deps, ...options.deps });
  let refused = Promise.withResolvers<void>();
  const refuse: typeof gateway.refuse = (...what) => {
    gateway.refuse(...what);
    refused.resolve();
    refused = Promise.withResolvers();
  };
  const http = await serve(gateway.app, { ...withClients, refuse });
  // What was asked before the first news is asked again.
  if (options.services?.['auth-svc'] === undefined)
    await eventually(() => expect(house.askedChanges).toBeGreaterThan(0));

  return Object.assign(house, {
    baseUrl: http.baseUrl,
    config,
    gateway,
    seen,
    jwt,
    serverOf: (service: ServiceName) => servers.find((each) => each.service === service)?.server,
    /** Until the gateway has next refused what is no request. */
    nextRefusal: () => refused.promise,
    /** Tells gateways that ask that a session, a user or a key is not what it was. */
    changed: (id: string) => changes.push({ id: changes.length, credential_id: id }),
    keyId: (key: string) => byHash.get(sha256(key))?.id ?? '',
    spooled: () => readdir(spoolDir),
    async close() {
      await http.stop();
      await gateway.close();
      for (const { server } of servers) {
        server.closeAllConnections();
        server.close();
      }
      await ownRedis?.close();
      await bus.close();
      await rm(folder, { recursive: true, force: true });
    },
  });
}

export type House = Awaited<ReturnType<typeof openHouse>>;

/** A database of one house's own; closed when the house is. */
async function openOwnRedis(log: Logger) {
  const database = await createTestRedis();
  const redis = openTestRedis(database.url, log);
  await eventually(() => expect(redis.connected()).toBe(true));
  return {
    deps: { redis },
    async close() {
      redis.close();
      await database.drop();
    },
  };
}

/** Connects to Redis as the gateway does. */
export function openTestRedis(url: string, log: Logger) {
  const target = parseRedisUrl(url);
  if (typeof target === 'string') throw new Error(target);
  return openRedis({ target, log });
}

export function sendJson(res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** An answer's JSON object. */
export async function objectOf(response: Response): Promise<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).parse(await response.json());
}

/** The headers of a good call; `more` adds and `undefined` removes. */
export function headersOf(more: Record<string, string | undefined> = {}): Record<string, string> {
  const all = {
    authorization: `Bearer ${keys.admin}`,
    'x-tenant-id': tenant,
    'idempotency-key': randomUUID(),
    'content-type': 'application/json',
    ...more,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function servicesAt(servers: readonly { service: ServiceName; url: string }[]): GatewayConfig['services'] {
  const at = (name: ServiceName) => servers.filter(({ service }) => service === name).map(({ url }) => url);
  const [auth, deals, documents, signing, sms] = serviceNames;
  return { [auth]: at(auth), [deals]: at(deals), [documents]: at(documents), [signing]: at(signing), [sms]: at(sms) };
}

async function createJwtKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'EdDSA', use: 'sig' }] };
  return {
    jwks,
    sign(
      claims: { tenant?: string; sid?: string; sub?: string } = {},
      more: { issuer?: string; audience?: string; expires?: string | null; key?: KeyObject; kid?: string } = {},
    ) {
      const { tenant: of = tenant, sid = randomUUID(), sub = 'u1' } = claims;
      const token = new SignJWT({ tenant: of, role: 'analyst', sid })
        .setProtectedHeader({ alg: 'EdDSA', kid: more.kid ?? 'k1' })
        .setSubject(sub)
        .setIssuer(more.issuer ?? 'uw-wizard')
        .setAudience(more.audience ?? 'uw-wizard-api');
      if (more.expires !== null) token.setExpirationTime(more.expires ?? '5m');
      return token.sign(more.key ?? privateKey);
    },
  };
}

async function collect(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
