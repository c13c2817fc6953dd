import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type House, headersOf, keys, objectOf, openHouse, sendJson, tenant } from './house.ts';

const listed = 'http://localhost:5173';
let house: House;
/** What clients reach by TLS. */
let secureHouse: House;
beforeAll(async () => {
  [house, secureHouse] = await Promise.all([
    openHouse({ config: { corsOrigins: [listed] } }),
    openHouse({ config: { publicUrl: 'https://desk.example.com' } }),
  ]);
});
afterAll(() => Promise.all([house?.close(), secureHouse?.close()]));
beforeEach(() => {
  for (const each of [house, secureHouse]) {
    each.seen.length = 0;
    each.reply = async (seen, res) => {
      if (seen.url === '/api/auth/logout') return res.writeHead(204).end();
      if (!/login|refresh/.test(seen.url)) return sendJson(res, 200, { ok: true });
      const sent = JSON.parse(seen.body.toString());
      const sid = typeof sent.refresh_token === 'string' ? String(sent.refresh_token).split('.')[0] : randomUUID();
      if (sent.refresh_token?.endsWith('.used')) return sendJson(res, 401, { code: 'invalid-refresh-token' });
      const access_token = await each.jwt.sign({ sid: sid ?? '' });
      const user = { user_id: 'u1' };
      const answer = { access_token, token_type: 'Bearer', expires_in: 600, refresh_token: `${sid}.secret`, user };
      sendJson(res, 200, answer);
    };
  }
});

const post = (path: string, headers: Record<string, string> = {}, json?: object, at = house) =>
  fetch(`${at.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });

/** A browser after an answer: its cookies by name, and what it sends from now on. */
async function browserAfter(response: Response) {
  const set = response.headers.getSetCookie();
  const values = new Map(set.map((text) => [text.split('=')[0] ?? '', text.split(';')[0]?.split('=')[1] ?? '']));
  const cookie = [...values].map(([name, value]) => `${name}=${value}`).join('; ');
  return { set, values, cookie, body: response.status === 204 ? {} : await objectOf(response) };
}
const logIn = async (at = house, path = '/api/auth/login') => {
  const browser = await browserAfter(await post(path, {}, { email: 'a@b.c', password: 'p', mode: 'cookie' }, at));
  return { ...browser, csrf: String(browser.body.csrf_token) };
};
type Browser = Awaited<ReturnType<typeof logIn>>;

/** A change, as a page of the desk makes it. */
const change = (headers: Record<string, string>, at = house) =>
  post('/api/alerts', { 'x-tenant-id': tenant, 'idempotency-key': randomUUID(), ...headers }, {}, at);
const codeOf = async (response: Response) => (response.ok ? response.status : (await objectOf(response)).code);

describe('a browser that logs in for cookies', () => {
  it.each(['/api/auth/login', '/api/auth/totp/login'])('gets its tokens in cookies alone, by %s', async (path) => {
    const { set, body, values } = await logIn(house, path);
    expect(set).toEqual([
      expect.stringMatching(/^uw_session=[\w-]+\.[\w-]+\.[\w-]+; Max-Age=600; Path=\/; SameSite=Lax; HttpOnly$/),
      expect.stringMatching(/^uw_refresh=[\w.-]+; Max-Age=1209600; Path=\/; SameSite=Lax; HttpOnly$/),
      expect.stringMatching(/^uw_csrf=[\w.-]+; Max-Age=1209600; Path=\/; SameSite=Lax$/),
    ]);
    expect(body).toEqual({ expires_in: 600, user: { user_id: 'u1' }, csrf_token: values.get('uw_csrf') });
  });

  it('is sent them for TLS and this very host only where clients come by TLS', async () => {
    const { set, cookie, csrf } = await logIn(secureHouse);
    expect(set.map((text) => text.split('=')[0])).toEqual(['__Host-uw_session', '__Host-uw_refresh', '__Host-uw_csrf']);
    for (const text of set) expect(text).toMatch(/; Path=\/; SameSite=Lax; Secure(; HttpOnly)?$/);
    expect(await codeOf(await change({ cookie, 'x-csrf-token': csrf }, secureHouse))).toBe(200);
    const plain = cookie.replaceAll('__Host-', '');
    expect(await codeOf(await change({ cookie: plain, 'x-csrf-token': csrf }, secureHouse))).toBe('unauthenticated');
  });

  it('reads by its cookie, and changes with the CSRF token too', async () => {
    const { cookie, csrf } = await logIn();
    expect(await codeOf(await fetch(`${house.baseUrl}/api/alerts`, { headers: { cookie } }))).toBe(200);
    expect(await codeOf(await change({ cookie, 'x-csrf-token': csrf }))).toBe(200);
    const seen = house.seen.at(-1);
    expect(seen?.identity).toMatchObject({ kind: 'user', tenant, role: 'admin' });
    expect(Object.keys(seen?.headers ?? {}).filter((name) => /cookie|csrf/.test(name))).toEqual([]);
  });

  it('is refused a change without the token, with a made-up one, and with that of another session', async () => {
    const [browser, other] = [await logIn(), await logIn()];
    const withCsrf = ({ cookie }: Browser, csrf: string) => cookie.replace(/uw_csrf=[^;]*/, `uw_csrf=${csrf}`);
    house.seen.length = 0;
    const tries: Record<string, string>[] = [
      { cookie: browser.cookie },
      { cookie: browser.cookie, 'x-csrf-token': '' },
      { cookie: browser.cookie, 'x-csrf-token': 'x.y' },
      { cookie: browser.cookie, 'x-csrf-token': other.csrf },
      // Whoever can plant a cookie, from a neighbouring host, has a token of an own session at most.
      { cookie: withCsrf(browser, other.csrf), 'x-csrf-token': other.csrf },
      { cookie: withCsrf(browser, 'x.y'), 'x-csrf-token': 'x.y' },
      { cookie: withCsrf(browser, ''), 'x-csrf-token': '' },
      { cookie: browser.cookie.replace(/; uw_csrf=[^;]*/, ''), 'x-csrf-token': browser.csrf },
    ];
    for (const headers of tries) expect(await codeOf(await change(headers))).toBe('csrf-token-invalid');
    for (const path of ['/api/auth/logout', '/api/auth/password'])
      expect(await codeOf(await post(path, { cookie: browser.cookie }, {}))).toBe('csrf-token-invalid');
    expect(house.seen).toEqual([]);
  });

  it('needs no CSRF token with a bearer token, which comes before any cookie', async () => {
    const { cookie } = await logIn();
    for (const authorization of [`Bearer ${keys.analyst}`, `Bearer ${await house.jwt.sign()}`])
      expect(await codeOf(await change({ cookie, authorization }))).toBe(200);
    await change({ cookie, authorization: `Bearer ${keys.analyst}` });
    expect(house.seen.at(-1)?.identity).toMatchObject({ kind: 'key', role: 'analyst' });
    expect(await codeOf(await change({ cookie, authorization: `Bearer ${'x'.repeat(40)}` }))).toBe('unauthenticated');
  });

  it('is not let in by a key in its cookie, a made-up token or another cookie', async () => {
    for (const cookie of [`uw_session=${keys.admin}`, 'uw_session=a.b.c', 'session=x', '=;=', 'uw_session'])
      expect(await codeOf(await fetch(`${house.baseUrl}/api/alerts`, { headers: { cookie } }))).toBe('unauthenticated');
  });

  it('renews by its cookie, with the CSRF token; a session that is over takes the cookies along', async () => {
    const { cookie, csrf, values } = await logIn();
    expect(await codeOf(await post('/api/auth/refresh', { cookie }, {}))).toBe('csrf-token-invalid');
    const renewed = await browserAfter(await post('/api/auth/refresh', { cookie, 'x-csrf-token': csrf }, {}));
    expect(JSON.parse(house.seen.at(-1)?.body.toString() ?? '')).toEqual({ refresh_token: values.get('uw_refresh') });
    expect(renewed.body).toEqual({ expires_in: 600, user: { user_id: 'u1' }, csrf_token: expect.any(String) });
    const next = { cookie: renewed.cookie, 'x-csrf-token': String(renewed.body.csrf_token) };
    expect(await codeOf(await change(next))).toBe(200);
    // A session cookie that has run out is not sent any more.
    const late = cookie.replace(/uw_session=[^;]*; /, '').replace('.secret', '.used');
    const over = await post('/api/auth/refresh', { cookie: late, 'x-csrf-token': csrf }, {});
    expect(over.status).toBe(401);
    expect(over.headers.getSetCookie().every((text) => /^uw_\w+=; Max-Age=0; /.test(text))).toBe(true);
    expect(over.headers.getSetCookie()).toHaveLength(3);
  });

  it('is rid of its cookies when it logs out', async () => {
    const { cookie, csrf } = await logIn();
    const out = await post('/api/auth/logout', { cookie, 'x-csrf-token': csrf });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie().map((text) => text.split(';')[0])).toEqual([
      'uw_session=',
      'uw_refresh=',
      'uw_csrf=',
    ]);
  });

  it('may be a page of a listed origin, and of no other', async () => {
    const { cookie } = await logIn();
    const readAs = (origin: string) => fetch(`${house.baseUrl}/api/alerts`, { headers: { cookie, origin } });
    const allowed = (await readAs(listed)).headers;
    expect(allowed.get('access-control-allow-origin')).toBe(listed);
    expect(allowed.get('access-control-allow-credentials')).toBe('true');
    expect([...(await readAs('http://evil.test')).headers.keys()].filter((name) => /^access-/.test(name))).toEqual([]);
  });
});

describe('a browser that logs in at a provider', () => {
  const get = (path: string, headers: Record<string, string> = {}, at = house, method = 'GET') =>
    fetch(`${at.baseUrl}/api/auth/oidc/${path}`, { method, headers, redirect: 'manual' });
  const sentTo = (location: string, status: number, body: object, at = house) => {
    at.reply = (_seen, res) => sendJson(res, status, body, { location });
  };
  const leave = async (at = house) => {
    sentTo('https://login.example.com/?state=s', 302, { login_state: 'k.sealed-_' }, at);
    return get('login?return_to=/deals', {}, at);
  };

  it('keeps in a cookie that no script reads what shows on its return that it is the same', async () => {
    const left = await leave();
    expect([left.status, left.headers.get('location')]).toEqual([302, 'https://login.example.com/?state=s']);
    expect(left.headers.getSetCookie()).toEqual(['uw_login=k.sealed-_; Max-Age=600; Path=/; SameSite=Lax; HttpOnly']);
    expect([await left.text(), left.headers.get('cache-control')]).toEqual(['', 'no-store']);
    expect((await leave(secureHouse)).headers.getSetCookie()).toEqual([
      '__Host-uw_login=k.sealed-_; Max-Age=600; Path=/; SameSite=Lax; Secure; HttpOnly',
    ]);
  });

  it('comes back into a session in cookies', async () => {
    const sid = randomUUID();
    const access_token = await house.jwt.sign({ sid });
    const started = { access_token, token_type: 'Bearer', expires_in: 600, refresh_token: `${sid}.secret`, user: {} };
    sentTo('/deals', 303, started);
    const back = await get('callback?code=c&state=s', { cookie: 'a=b; uw_login=k.sealed-_; c=d' });
    expect([back.status, back.headers.get('location'), await back.clone().text()]).toEqual([303, '/deals', '']);
    const { url, headers } = house.seen[0] ?? {};
    expect(url).toBe('/api/auth/oidc/callback?code=c&state=s');
    expect([headers?.['x-uw-login-state'], headers?.cookie]).toEqual(['k.sealed-_', undefined]);
    const values = new Map(
      back.headers.getSetCookie().map((text) => /^(\w+)=([^;]*)/.exec(text)?.slice(1) as [string, string]),
    );
    expect([...values.keys()].sort()).toEqual(['uw_csrf', 'uw_login', 'uw_refresh', 'uw_session']);
    expect(values.get('uw_login')).toBe('');
    const cookie = [...values].map(([name, value]) => `${name}=${value}`).join('; ');
    house.reply = (_seen, res) => sendJson(res, 200, { ok: true });
    expect(await codeOf(await change({ cookie, 'x-csrf-token': values.get('uw_csrf') ?? '' }))).toBe(200);
  });

  it('has nothing left of it when it is refused, and may come again while nobody has decided', async () => {
    const cookie = { cookie: 'uw_login=kept' };
    for (const [status, cookies] of [
      [400, 1],
      [403, 1],
      [429, 0],
      [502, 0],
      [503, 0],
    ] as const) {
      house.reply = (_seen, res) => sendJson(res, status, { code: 'x' });
      const back = await get('callback?code=c&state=s', cookie);
      expect([back.status, back.headers.getSetCookie().length]).toEqual([status, cookies]);
      for (const set of back.headers.getSetCookie()) expect(set).toMatch(/^uw_login=; Max-Age=0; /);
    }
  });

  it('brings what it kept in no other way, and with no other call', async () => {
    house.reply = (_seen, res) => sendJson(res, 200, { ok: true });
    await get('callback?code=c&state=s', { 'x-uw-login-state': 'forged' });
    await fetch(`${house.baseUrl}/api/auth/oidc/login`, { headers: { cookie: 'uw_login=kept' } });
    expect(house.seen.map(({ headers }) => headers['x-uw-login-state'])).toEqual([undefined, undefined]);
  });

  it('is not half logged in by a look at the page (HEAD)', async () => {
    const looked = await get('callback?code=c&state=s', { cookie: 'uw_login=kept' }, house, 'HEAD');
    expect([looked.status, looked.headers.get('allow'), house.seen]).toEqual([405, 'GET', []]);
  });
});

describe('a client that does not ask for cookies', () => {
  it('gets none: neither by a login, nor by a renewal, nor by logging out', async () => {
    const json = { email: 'a@b.c', password: 'p' };
    for (const body of [json, { ...json, mode: 'token' }]) {
      const session = await post('/api/auth/login', {}, body);
      expect(session.headers.getSetCookie()).toEqual([]);
      const { access_token, refresh_token } = await objectOf(session);
      const renewed = await post('/api/auth/refresh', { cookie: 'uw_refresh=x.y' }, { refresh_token });
      expect([renewed.headers.getSetCookie(), (await objectOf(renewed)).refresh_token]).toEqual([[], refresh_token]);
      const out = await post('/api/auth/logout', headersOf({ authorization: `Bearer ${access_token}` }));
      expect([out.status, out.headers.getSetCookie()]).toEqual([204, []]);
    }
  });
});
