import type { RequestListener } from 'node:http';
import { routes, type ServiceName } from '@uw-wizard/shared/contracts/routes';
import type { Bus } from '@uw-wizard/shared/platform/bus';
import { noEdge, type OnEdge } from '@uw-wizard/shared/platform/edges';
import { createHealth, type Health, type Probe } from '@uw-wizard/shared/platform/health';
import { createIdentitySigner } from '@uw-wizard/shared/platform/identity';
import type { Refuse } from '@uw-wizard/shared/platform/listen';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { type Metrics, noMetrics } from '@uw-wizard/shared/platform/metrics';
import type { GatewayConfig } from './config.ts';
import { askAuth } from './credentials/ask-auth.ts';
import { hearChanges } from './credentials/hear-changes.ts';
import { createKeyResolver } from './credentials/resolve-key.ts';
import { createTokenResolver } from './credentials/resolve-token.ts';
import { followStanding } from './credentials/standing.ts';
import { addressFinder } from './http/address-of.ts';
import { type AnswerCallDeps, answerCall } from './http/answer-call.ts';
import { createAnswerHeaders, putHeaders } from './http/answer-headers.ts';
import { createBrowserSessions } from './http/browser-sessions.ts';
import { allowOrigins, exposedHeaders } from './http/cors.ts';
import { createCrowds } from './http/crowds.ts';
import { type Door, openDoors } from './http/doors.ts';
import { createExpressSide } from './http/express-side.ts';
import { createFront } from './http/front.ts';
import { ownDoors, ownPaths } from './http/own-doors.ts';
import { createRateLimits } from './http/rate-limits.ts';
import { createRefuseBytes } from './http/refuse-bytes.ts';
import { securityHeaders } from './http/security-headers.ts';
import { openSpool } from './http/spool.ts';
import { watchCalls } from './http/watch-calls.ts';
import { createMemoryIdempotencyStore } from './idempotency/memory-store.ts';
import { createRedisIdempotencyStore } from './idempotency/redis-store.ts';
import type { IdempotencyStore } from './idempotency/store.ts';
import type { RedisConnection } from './redis/open-redis.ts';
import { type Links, openLinks } from './upstream/links.ts';
import { readKeySet } from './upstream/read-key-set.ts';
import { createUpstream } from './upstream/upstream.ts';

export type Gateway = {
  readonly app: RequestListener;
  /** Answers what is no request. */
  readonly refuse: Refuse;
  readonly health: Pick<Health, 'report'>;
  /** Waits for calls in hand, also those whose client has gone, and closes the connections to the services. */
  close(): Promise<void>;
  /** `/readyz` says draining from now on, and each answer that its connection ends. */
  drain(): void;
};

export type GatewayDeps = {
  bus: Bus;
  log: Logger;
  /** What all gateways share; absent: this one is alone, and remembers and counts in its own memory. */
  redis?: RedisConnection;
  idempotency?: IdempotencyStore;
  metrics?: Metrics;
  onEdge?: OnEdge;
};

/** Puts the gateway together: what happens to every request, then one door for each call of the route table. */
export async function createGateway(config: GatewayConfig, deps: GatewayDeps): Promise<Gateway> {
  const { bus, log, redis, metrics = noMetrics, onEdge = noEdge } = deps;
  const idempotency = deps.idempotency ?? storeFor(redis);
  const links = openLinks(config.services, {
    patienceMs: 1_000,
    changed(service, { url, state }, before) {
      if (state() === 'away') log.warn({ upstream: service, url }, 'a replica is away');
      if (before === 'away') log.info({ upstream: service, url, state: state() }, 'a replica is back');
    },
    failed: (service, why) => metrics.upstreamFailed(service, why),
  });
  const sign = createIdentitySigner(config.identityPrivateKey);
  const ask = askAuth({ link: links.of('auth-svc'), bus, sign });
  const standing = followStanding({ ask, log });
  const closing = new AbortController();
  const following = standing.follow(closing.signal);
  const hearing = hearChanges(bus, standing);
  const rateLimits = createRateLimits(config.rateLimits, redis?.client);
  const origins = allowOrigins(config);
  const fixed = securityHeaders(config);
  const answerHeaders = createAnswerHeaders({
    fixed,
    corsOriginOf: origins.of,
    exposed: exposedHeaders,
  });
  const inHand = new Set<Promise<unknown>>();
  const calls: AnswerCallDeps = {
    credentials: {
      resolveKey: createKeyResolver(ask, standing),
      resolveToken: createTokenResolver({
        ask,
        standing,
        readKeySet: readKeySet(links.of('auth-svc'), sign),
        issuer: config.jwtIssuer,
        audience: config.jwtAudience,
      }),
    },
    browsers: createBrowserSessions({
      secure: config.publicUrl.startsWith('https:'),
      gatewayKey: config.identityPrivateKey,
    }),
    rateLimits,
    crowds: createCrowds(),
    spool: await openSpool(config.spoolDir),
    once: { store: idempotency, log },
    upstream: createUpstream({ links, sign, defaultTimeoutMs: config.callTimeoutMs ?? 30_000 }),
    // When it fails the poll goes on, and after five seconds without nobody is believed.
    catchUp: () => standing.catchUp().catch(() => undefined),
    onEdge,
    answerHeaders,
    async finish(work) {
      inHand.add(work);
      try {
        return await work;
      } finally {
        inHand.delete(work);
      }
    },
  };

  const health = createHealth({
    needed: {},
    wanted: {
      bus: isThere(() => bus.connected()),
      ...(redis === undefined ? {} : { redis: isThere(redis.connected) }),
      ...Object.fromEntries(serviceNames.map((name) => [name, replicasOf(links, name)])),
    },
  });
  metrics.watchBus(() => bus.connected());
  metrics.watchReplicas(() => links.states());
  if (config.corsOrigins.includes('*') && !config.debug) {
    log.warn('CORS_ORIGINS=* counts only while DEBUG=true; no origin is allowed by it');
  }
  const callWatch = watchCalls({ log, metrics });
  const problemBase = `${config.publicUrl}/problems`;
  const expressSide = createExpressSide({
    own: ownDoors({ publicUrl: config.publicUrl, health }),
    problemBase,
    log,
  });
  const doors: Door[] = [
    ...ownPaths.map(
      (path): Door => ({
        method: 'GET',
        path,
        answer(req, res, call) {
          putHeaders(res, answerHeaders(call));
          expressSide.page(req, res);
        },
      }),
    ),
    ...routes.map(
      (route): Door => ({
        method: route.method,
        path: route.path,
        noHead: route.session !== undefined,
        answer: (req, res, call) => answerCall(calls, route, req, res, call),
      }),
    ),
  ];
  const app = createFront({
    addressOf: addressFinder(config.trustedProxies),
    allowedHosts: config.allowedHosts,
    origins,
    rateLimits,
    findDoorway: openDoors(doors),
    answerHeaders,
    expressSide,
    callWatch,
  });
  return {
    app,
    refuse: createRefuseBytes({ problemBase, fixed, callWatch, log }),
    health,
    drain() {
      health.drain();
      callWatch.drain();
    },
    async close() {
      closing.abort();
      await hearing.stop();
      await Promise.allSettled([...inHand, following]);
      await links.close();
    },
  };
}

const serviceNames = [...new Set(routes.map(({ service }) => service))];

function isThere(connected: () => boolean): Probe {
  return async () => {
    if (!connected()) throw new Error('not connected');
    return {};
  };
}

/** As calls last found them: nobody is asked for this. */
function replicasOf(links: Links, service: ServiceName): Probe {
  return async () => {
    const { replicas } = links.of(service);
    const live = replicas.filter((replica) => replica.state() === 'live').length;
    if (live === 0) throw new Error('no replica answers');
    return { live, replicas: replicas.length };
  };
}

function storeFor(redis: RedisConnection | undefined): IdempotencyStore {
  return redis === undefined ? createMemoryIdempotencyStore() : createRedisIdempotencyStore(redis.client);
}
