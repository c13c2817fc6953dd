import { gzipSync } from 'node:zlib';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import type { Response } from 'express';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resolveApiKey } from '../src/contracts/asks.ts';
import { routes, type ServiceName } from '../src/contracts/routes.ts';
import { DomainError } from '../src/errors.ts';
import { type Answering, answering, createAsk } from '../src/platform/ask.ts';
import type { Readiness } from '../src/platform/health.ts';
import { createHttpApp, type Handlers, identityOf, rawBodyOf } from '../src/platform/http-app.ts';
import { createIdentityVerifier, type Identity } from '../src/platform/identity.ts';
import { type AnsweredCall, noMetrics } from '../src/platform/metrics.ts';
import { currentRequest } from '../src/platform/request-context.ts';
import { keptLog } from './kept-log.ts';

const identities = await createTestIdentities();
let served: Awaited<ReturnType<typeof serve>>;
let readiness: Readiness = 'ready';
const kept = keptLog();
const aDeal = '0195d1c0-0000-7000-8000-000000000001';
const answered: AnsweredCall[] = [];

/** Every route of `service` answers with what it got; `own` replaces some. */
function handlersOf(service: ServiceName, own: Handlers = {}): Handlers {
  const names = routes.filter((route) => route.service === service).map(({ method, path }) => `${method} ${path}`);
  const echo: Handlers[string] = (req, res) => void res.json({ body: req.body, params: req.params });
  return { ...Object.fromEntries(names.map((name) => [name, echo])), ...own };
}

function appOf(service: ServiceName, handlers: Handlers, answers: readonly Answering[] = []) {
  return createHttpApp({
    service,
    handlers,
    answers,
    verifyIdentity: createIdentityVerifier([identities.publicKeyPem], service),
    health: { report: async () => ({ status: readiness, checks: {} }) },
    log: kept.log,
    problemBase: 'https://uw.example/problems',
    metrics: { ...noMetrics, callAnswered: (answer) => void answered.push(answer) },
  });
}

async function start(service: ServiceName, own: Handlers = {}) {
  await served?.stop();
  served = await serve(appOf(service, handlersOf(service, own)));
}

beforeEach(async () => {
  readiness = 'ready';
  await start('sms-svc', {
    'POST /api/sms/cherry/webhook': (req, res) => void res.json({ raw: rawBodyOf(req).toString('hex') }),
  });
});
afterEach(() => served.stop());

const analyst: Identity = { kind: 'user', tenant: 't1', sub: 'u1', role: 'analyst', rid: 'r1' };

async function call(
  path: string,
  options: {
    body?: RequestInit['body'];
    headers?: Record<string, string>;
    as?: Identity | null;
    service?: ServiceName;
    method?: string;
  } = {},
) {
  const { as = analyst, service = 'sms-svc' } = options;
  const identity = as === null ? {} : await identities.header(service, as);
  const response = await fetch(`${served.baseUrl}${path}`, {
    method: options.method ?? 'POST',
    headers: { 'content-type': 'application/json', ...identity, ...options.headers },
    ...(options.body === undefined ? {} : { body: options.body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}
const send = '/api/sms/cherry/send';

test('a service without a handler for one of its calls, or with one too many, does not start', () => {
  expect(() => appOf('sms-svc', {})).toThrow(/routes without handler.*POST \/api\/sms\/cherry\/send/);
  const tooMany = handlersOf('sms-svc', { 'GET /api/sms/secret': () => undefined });
  expect(() => appOf('sms-svc', tooMany)).toThrow(/handlers without route.*GET \/api\/sms\/secret/);
});

test('a call that did not come through the gateway is turned away', async () => {
  const answer = await call(send, { as: null, body: '{}' });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toMatch(/Bearer/);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ code: 'unauthenticated', type: 'https://uw.example/problems/unauthenticated' });
  expect((await call(send, { service: 'deals-svc', body: '{}' })).status).toBe(401);
});

test('a role without the permission is refused', async () => {
  await start('signing-svc');
  const { role: _, ...nobody } = analyst;
  expect((await call('/api/sign/send', { service: 'signing-svc' })).status).toBe(200);
  expect((await call('/api/sign/send', { service: 'signing-svc', as: nobody })).status).toBe(401);
  const webhook = await call('/api/sign/webhook', { service: 'signing-svc' });
  expect(webhook).toMatchObject({ status: 403, body: { code: 'forbidden' } });
});

test('a parameter that asks for more needs its own permission, however often it is given', async () => {
  await start('signing-svc');
  const forced = (query: string, role: 'analyst' | 'reviewer') =>
    call(`/api/sign/send?${query}`, { service: 'signing-svc', as: { ...analyst, role } });
  expect(await forced('force=true', 'analyst')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  expect((await forced('force=true&force=true', 'analyst')).status).toBe(403);
  expect((await forced('force=false', 'analyst')).status).toBe(200);
  expect((await forced('force=true', 'reviewer')).status).toBe(200);
});

test('a provider reaches its webhook and nothing else, with the bytes as they came', async () => {
  const as: Identity = { kind: 'provider', sub: 'cherry', rid: 'r1' };
  const webhook = await call('/api/sms/cherry/webhook', { as, body: new Uint8Array([0xff, 0x00, 0x7b]) });
  expect(webhook.body).toEqual({ raw: 'ff007b' });
  expect((await call(send, { as, body: '{}' })).status).toBe(401);
});

test('a path that no call has is not found, nor is one that cannot be decoded', async () => {
  expect(await call('/api/sms/nothing')).toMatchObject({ status: 404, body: { code: 'not-found' } });
  await start('signing-svc');
  const odd = await call('/mock/envelopes/%E0%A4%A/sign', { service: 'signing-svc' });
  expect(odd).toMatchObject({ status: 404, body: { code: 'not-found' } });
});

test('a body is parsed as JSON, and no body counts as an empty one', async () => {
  expect((await call(send, { body: '{"to":"ü"}' })).body.body).toEqual({ to: 'ü' });
  const ofAnotherJson = { body: '{}', headers: { 'content-type': 'application/merge-patch+json' } };
  expect((await call(send, ofAnotherJson)).status).toBe(200);
  expect((await call(send)).body.body).toEqual({});
});

test.each([
  ['cut off', '{"to":'],
  ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
])('a body that is %s is no JSON', async (_, body) => {
  expect(await call(send, { body })).toMatchObject({ status: 400, body: { code: 'invalid-json' } });
});

test('a body of another media type is refused, whatever it holds', async () => {
  const answer = await call(send, { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported-media-type' } });
  const encoded = await call(send, { body: '{}', headers: { 'content-encoding': 'zstd-not' } });
  expect(encoded).toMatchObject({ status: 415, body: { code: 'unsupported-media-type' } });
});

test('a body over the limit is refused and says the limit, also when it only unpacks to that size', async () => {
  const large = JSON.stringify({ text: 'x'.repeat(1024 * 1024) });
  const answer = await call(send, { body: large });
  expect(answer).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
  expect(answer.body.detail).toContain('1048576');
  const packed = await call(send, { body: gzipSync(large), headers: { 'content-encoding': 'gzip' } });
  expect(packed.status).toBe(413);
});

test('a packed body that is damaged is no fault of ours', async () => {
  const answer = await call(send, { body: 'not gzip', headers: { 'content-encoding': 'gzip' } });
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-json' } });
});

test('text that the database cannot hold is named, and text that only looks like it is not', async () => {
  const answer = await call(send, { body: '{"a":{"b/c":["x","y\\u0000"]}}' });
  expect(answer).toMatchObject({
    status: 422,
    body: { code: 'validation-failed', errors: [{ pointer: '#/a/b~1c/1' }] },
  });
  expect((await call(send, { body: '{"a":"\\\\u0000"}' })).body.body).toEqual({ a: '\\u0000' });
  for (const half of ['x\\ud83d', '\\uDE00x']) {
    const { status, body } = await call(send, { body: `{"a":"${half}"}` });
    expect([status, body.errors]).toEqual([422, [{ pointer: '#/a', detail: 'has half of a surrogate pair' }]]);
  }
  expect((await call(send, { body: '{"a":"\\ud83d\\ude00"}' })).body.body).toEqual({ a: '😀' });
});

test('text that the database cannot hold, in many places below a long name, costs no more than any other', async () => {
  const body = JSON.stringify({ ['n'.repeat(300_000)]: Array(9_999).fill('\u0000') });
  const answer = await call(send, { body });
  expect(answer).toMatchObject({ status: 422, body: { code: 'validation-failed' } });
  expect(JSON.stringify(answer.body).length).toBeLessThan(2 * body.length);
});

test('an error nobody expected is a 500 that shows nothing, and is logged once with its cause', async () => {
  await start('sms-svc', { [`POST ${send}`]: () => Promise.reject(new Error('password=hunter2')) });
  kept.lines.length = 0;
  const answer = await call(send, { body: '{}' });
  expect(answer).toMatchObject({ status: 500, body: { code: 'internal-error', request_id: 'r1', instance: send } });
  expect(JSON.stringify(answer.body)).not.toContain('hunter2');
  expect(kept.lines).toHaveLength(1);
  expect(kept.lines[0]).toMatchObject({ request_id: 'r1', tenant_id: 't1', err: { message: 'password=[masked]' } });
});

test('a rule that says "later" says when', async () => {
  const kind = { code: 'owner-unavailable', status: 503, title: 'Away' };
  await start('sms-svc', {
    [`POST ${send}`]: () => Promise.reject(new DomainError(kind, 'Try again.', { retryAfterSeconds: 7 })),
  });
  const answer = await call(send, { body: '{}' });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('7');
});

test('a handler knows who is calling, and runs within the request that the gateway began', async () => {
  const seen: unknown[] = [];
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await start('sms-svc', {
    [`POST ${send}`]: async (req, res) => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(identityOf(req), currentRequest());
      res.json({});
    },
  });
  await call(send, { body: '{}', headers: { traceparent, 'user-agent': 'desk/1' } });
  const { kind, sub: id, role } = analyst;
  const caller = { kind, id, role, address: analyst.addr ?? null, user_agent: 'desk/1' };
  expect(seen).toEqual([analyst, { request_id: 'r1', tenant_id: 't1', traceparent, caller }]);
});

test.each([
  ['its path', `/api/deals/${aDeal}`, 'deals-svc', 'GET', undefined],
  ['its query', `/api/sign/send?deal_id=${aDeal}`, 'signing-svc', 'POST', undefined],
  ['its body', send, 'sms-svc', 'POST', JSON.stringify({ deal_id: aDeal })],
] as const)('what happens in a call belongs to the deal that %s names', async (_, path, service, method, body) => {
  const seen: unknown[] = [];
  const handle = (_req: unknown, res: Response) => {
    seen.push(currentRequest()?.deal_id);
    res.json({});
  };
  const pattern = path.split('?')[0]?.replace(aDeal, ':id');
  await start(service, { [`${method} ${pattern}`]: handle });
  await call(path, { service, method, ...(body === undefined ? {} : { body }) });
  await call(path.replace(aDeal, 'pat@example.com'), { service, method });
  expect(seen).toEqual([aDeal, undefined]);
});

test.each([
  ['ready', 200],
  ['degraded', 200],
  ['starting', 503],
  ['draining', 503],
] as const)('a service that is %s answers %i to whoever asks whether it is ready', async (state, status) => {
  readiness = state;
  const answer = await call('/readyz', { as: null, method: 'GET' });
  expect(answer).toMatchObject({ status, body: { status: state } });
  expect((await call('/healthz', { as: null, method: 'GET' })).status).toBe(200);
});

test('every call is counted by its pattern, never by a path with somebody in it', async () => {
  answered.length = 0;
  await start('deals-svc');
  const as = { ...analyst, role: 'admin' as const };
  await call(`/api/deals/${aDeal}`, { service: 'deals-svc', method: 'GET', as });
  await call('/api/deals/nobody@example.com/typo', { service: 'deals-svc', method: 'GET', as });
  await expect.poll(() => answered).toHaveLength(2);
  expect(answered).toMatchObject([
    { route: '/api/deals/:id', method: 'GET', status: 200 },
    { route: '(none)', method: 'GET', status: 404 },
  ]);
  expect(answered[0]?.seconds).toBeGreaterThan(0);
});

test('stopping lets the call in hand finish, and does not wait for the connection it came on', async () => {
  const begun = Promise.withResolvers<void>();
  const hold = Promise.withResolvers<void>();
  await start('sms-svc', {
    [`POST ${send}`]: async (_req, res) => {
      begun.resolve();
      await hold.promise;
      res.json({ done: true });
    },
  });
  const answer = call(send, { body: '{}' });
  await begun.promise;
  const at = Date.now();
  const stopped = served.stop();
  hold.resolve();
  expect((await answer).body).toEqual({ done: true });
  await stopped;
  expect(Date.now() - at).toBeLessThan(900);
});

test('the gateway, and nobody else, asks a service its questions without the bus', async () => {
  await served.stop();
  const noKey = answering(kept.log, resolveApiKey, async () => ({ credential: null }));
  served = await serve(appOf('auth-svc', handlersOf('auth-svc'), [noKey]));
  const asking = (as: Identity | null) => ({
    ask: async (_subject: string, body: string) => {
      const reply = await call('/ask/resolve-api-key', { service: 'auth-svc', as, body });
      if (reply.status !== 200) throw new DomainError(reply.body, reply.body.code);
      return JSON.stringify(reply.body);
    },
  });
  const put = (as: Identity | null) => createAsk(asking(as))(resolveApiKey, { key_hash: 'f'.repeat(64) });
  expect(await put({ kind: 'gateway', sub: 'gateway', rid: 'r1' })).toEqual({ credential: null });
  await expect(put({ ...analyst, role: 'admin' })).rejects.toThrow('forbidden');
  await expect(put({ kind: 'anonymous', sub: 'anonymous', rid: 'r1' })).rejects.toThrow('forbidden');
  await expect(put(null)).rejects.toThrow('unauthenticated');
});
