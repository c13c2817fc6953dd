import { eventually } from '@uw-wizard/testkit/eventually';
import { clientId, clientSecret, type OpenidProvider, openOpenidProvider } from '@uw-wizard/testkit/openid-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectOf, tenant } from './house.ts';
import { adminKey, openTwoGateways } from './two-gateways.ts';

let house: Awaited<ReturnType<typeof openTwoGateways>>;
let provider: OpenidProvider;
beforeAll(async () => {
  provider = await openOpenidProvider('http://gateway.test/api/auth/oidc/callback');
  const rules = { roleClaim: 'groups', roles: new Map([['desk', 'analyst' as const]]), tenant: { id: tenant } };
  house = await openTwoGateways({
    oidc: {
      issuer: provider.issuer,
      clientId,
      clientSecret,
      clientAuth: 'client_secret_basic',
      scopes: 'openid email groups',
      hosts: [],
      redirectUrl: null,
      policy: { rules, createUsers: true, linkByEmail: false },
    },
  });
}, 60_000);
afterAll(async () => {
  await house?.close();
  await provider?.close();
});

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

  it('know a browser by its cookies, whichever of them gave it those, until it logs out at one', async () => {
    const { email, password } = await house.newUser('analyst');
    const post = (at: number, path: string, headers: Record<string, string>, json: object) =>
      fetch(`${house.urls[at]}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(json),
      });
    const browserAfter = async (response: Response) => ({
      cookie: response.headers
        .getSetCookie()
        .map((text) => text.split(';')[0])
        .join('; '),
      'x-csrf-token': String((await objectOf(response)).csrf_token),
    });
    const first = await browserAfter(await post(0, '/api/auth/login', {}, { email, password, mode: 'cookie' }));
    const browser = await browserAfter(await post(1, '/api/auth/refresh', first, {}));
    const meAt = (at: number) => fetch(`${house.urls[at]}/api/auth/me`, { headers: { cookie: browser.cookie } });
    expect(await objectOf(await meAt(0))).toMatchObject({ email, role: 'analyst' });
    expect((await post(0, '/api/auth/refresh', first, {})).status).toBe(401);
    await withinASecond(async () => expect([(await meAt(0)).status, (await meAt(1)).status]).toEqual([401, 401]));
    const again = await browserAfter(await post(1, '/api/auth/login', {}, { email, password, mode: 'cookie' }));
    expect((await post(0, '/api/auth/logout', again, {})).status).toBe(204);
    await withinASecond(async () => {
      const statuses = await Promise.all(
        house.urls.map(async (url) => (await fetch(`${url}/api/alerts`, { headers: { cookie: again.cookie } })).status),
      );
      expect(statuses).toEqual([401, 401]);
    });
  });

  it('take a login at the provider back at either of them, in the browser that began it and in no other', async () => {
    const person = { sub: 'grace', email: 'grace@example.com', groups: ['desk'] };
    const get = (at: number, path: string, cookie = '') =>
      fetch(`${house.urls[at]}${path}`, { headers: { cookie }, redirect: 'manual' });
    const cookieOf = (response: Response) =>
      response.headers
        .getSetCookie()
        .map((text) => text.split(';')[0])
        .join('; ');
    const left = await get(0, '/api/auth/oidc/login?return_to=/deals');
    const back = await provider.logIn(left.headers.get('location') ?? '', person);
    const path = `${back.pathname}${back.search}`;
    expect(await objectOf(await get(1, path))).toMatchObject({ code: 'oidc-login-invalid' });
    const home = await get(1, path, cookieOf(left));
    expect([home.status, home.headers.get('location')]).toEqual([303, '/deals']);
    for (const at of [0, 1])
      expect(await objectOf(await get(at, '/api/auth/me', cookieOf(home)))).toMatchObject({
        email: person.email,
        role: 'analyst',
      });
  });

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
