import { routes } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { createAsk } from '@uw-wizard/shared/platform/ask';
import type { Bus } from '@uw-wizard/shared/platform/bus';
import { noEdge, type OnEdge } from '@uw-wizard/shared/platform/edges';
import { createIdentitySigner } from '@uw-wizard/shared/platform/identity';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { problemHandler } from '@uw-wizard/shared/platform/problem';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { GatewayConfig } from './config.ts';
import { createKeyResolver } from './credentials/resolve-key.ts';
import { createTokenResolver } from './credentials/resolve-token.ts';
import { HOST_NOT_ALLOWED } from './errors.ts';
import { type AnswerCallDeps, answerCall } from './http/answer-call.ts';
import { callOf } from './http/call.ts';
import { letTheGoneGo } from './http/client-gone.ts';
import { allowOrigins } from './http/cors.ts';
import { type Door, openDoors } from './http/doors.ts';
import { drainLeftovers } from './http/drain-leftovers.ts';
import { logCalls } from './http/log-calls.ts';
import { answerFirst, type GatewayReadiness, healthDoors, ownDoors } from './http/own-doors.ts';
import { createRateLimits } from './http/rate-limits.ts';
import { receiveCall } from './http/receive-call.ts';
import { openSpool } from './http/spool.ts';
import { createMemoryIdempotencyStore } from './idempotency/memory-store.ts';
import { createRedisIdempotencyStore } from './idempotency/redis-store.ts';
import type { IdempotencyStore } from './idempotency/store.ts';
import type { RedisConnection } from './redis/open-redis.ts';
import { openLinks } from './upstream/links.ts';
import { readKeySet } from './upstream/read-key-set.ts';
import { createUpstream } from './upstream/upstream.ts';

export type Gateway = {
  readonly app: Express;
  /** Waits for calls in hand, also those whose client has gone, and closes the connections to the services. */
  close(): Promise<void>;
  /** `/readyz` says draining from now on. */
  drain(): void;
};

export type GatewayDeps = {
  bus: Bus;
  log: Logger;
  /** What all gateways share; absent: this one is alone, and remembers and counts in its own memory. */
  redis?: RedisConnection;
  idempotency?: IdempotencyStore;
  onEdge?: OnEdge;
};

/** Puts the gateway together: what happens to every request, then one door for each call of the route table. */
export async function createGateway(config: GatewayConfig, deps: GatewayDeps): Promise<Gateway> {
  const { bus, log, redis, onEdge = noEdge } = deps;
  const idempotency = deps.idempotency ?? storeFor(redis);
  const links = openLinks(config.services, {
    patienceMs: 1_000,
    changed(service, { url, state }, before) {
      if (state() === 'away') log.warn({ upstream: service, url }, 'a replica is away');
      if (before === 'away') log.info({ upstream: service, url, state: state() }, 'a replica is back');
    },
    failed: () => undefined,
  });
  const sign = await createIdentitySigner(config.identityPrivateKey);
  const ask = createAsk(bus, { timeoutMs: 2_000 });
  const rateLimits = createRateLimits(config.rateLimits, redis?.client);
  const inHand = new Set<Promise<unknown>>();
  const calls: AnswerCallDeps = {
    credentials: {
      resolveKey: createKeyResolver(ask),
      resolveToken: createTokenResolver({
        ask,
        readKeySet: readKeySet(links.of('auth-svc'), sign),
        issuer: config.jwtIssuer,
        audience: config.jwtAudience,
      }),
    },
    rateLimits,
    spool: await openSpool(config.spoolDir),
    once: { store: idempotency, log },
    upstream: createUpstream({ links, sign, defaultTimeoutMs: config.callTimeoutMs ?? 30_000 }),
    onEdge,
    async finish(work) {
      inHand.add(work);
      try {
        return await work;
      } finally {
        inHand.delete(work);
      }
    },
  };

  let draining = false;
  const readiness = (): GatewayReadiness => {
    if (draining) return 'draining';
    return bus.connected() && (redis?.connected() ?? true) ? 'ready' : 'degraded';
  };
  const health = healthDoors(readiness);
  const doors: Door[] = [
    ...health,
    ...ownDoors(config.publicUrl),
    ...routes.map(
      (route) =>
        ({
          method: route.method,
          path: route.path,
          answer: (req, res) => answerCall(calls, route, req, res),
        }) satisfies Door,
    ),
  ];
  if (config.corsOrigins.includes('*') && !config.debug) {
    log.warn('CORS_ORIGINS=* counts only while DEBUG=true; no origin is allowed by it');
  }

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', [...config.trustedProxies]);
  app.use(receiveCall, drainLeftovers, logCalls(log));
  app.use(helmet(securityHeaders(config.publicUrl)));
  app.use(answerFirst(health));
  app.use(answerOnlyFor(config.allowedHosts));
  app.use(...allowOrigins(config));
  app.use(async (req, res, next) => {
    const call = callOf(req);
    call.counted.push(await rateLimits.address(res, call.address));
    next();
  });
  app.use(openDoors(doors));
  app.use(letTheGoneGo);
  app.use(problemHandler({ problemBase: `${config.publicUrl}/problems`, log }));
  return {
    app,
    drain() {
      draining = true;
    },
    async close() {
      await Promise.allSettled(inHand);
      await links.close();
    },
  };
}

function storeFor(redis: RedisConnection | undefined): IdempotencyStore {
  return redis === undefined ? createMemoryIdempotencyStore() : createRedisIdempotencyStore(redis.client);
}

function securityHeaders(publicUrl: string): Parameters<typeof helmet>[0] {
  const overTls = publicUrl.startsWith('https:');
  return {
    strictTransportSecurity: overTls,
    contentSecurityPolicy: { directives: overTls ? {} : { upgradeInsecureRequests: null } },
  };
}

function answerOnlyFor(hosts: readonly string[]): RequestHandler {
  const names = new Set(hosts.map((host) => host.toLowerCase()));
  return (req, _res, next) => {
    const host = (callOf(req).host ?? '').toLowerCase();
    if (names.size === 0 || names.has(host) || names.has(host.replace(/:\d+$/, ''))) return next();
    throw new DomainError(HOST_NOT_ALLOWED, 'Use a host name that this installation answers for.');
  };
}
