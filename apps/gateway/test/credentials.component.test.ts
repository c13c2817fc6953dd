import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { exportJWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type House, headersOf, keys, objectOf, openHouse } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

async function read(authorization: string | undefined) {
  const response = await fetch(`${house.baseUrl}/api/alerts`, { headers: headersOf({ authorization }) });
  const { code } = await objectOf(response);
  return { status: response.status, code, retryAfter: response.headers.get('retry-after') };
}

describe('an API key', () => {
  it('opens the calls of its role, and the service hears whose it is', async () => {
    expect((await read(`bearer ${keys.analyst}`)).status).toBe(200);
    expect(house.seen[0]?.identity).toMatchObject({ kind: 'key', tenant: 'demo', role: 'analyst' });
    expect(house.seen[0]?.headers).not.toHaveProperty('authorization');
  });

  it('may be any long secret: the owner chooses the first one', async () => {
    expect(await read('Bearer a.long.secret-of-the-owners-own-making')).toMatchObject({ code: 'unauthenticated' });
    expect(house.askedKeys).toBe(1);
  });

  it.each(['Bearer', 'Bearer short', 'Basic dXNlcjpwYXNz', `Bearer ${keys.admin} x`, `Bearer ${keys.admin}x`, ''])(
    'is refused in the form %j',
    async (authorization) => {
      expect(await read(authorization)).toMatchObject({ status: 401, code: 'unauthenticated' });
    },
  );

  it('is asked for once by many calls, and refused within a second of being revoked', async () => {
    await Promise.all(Array.from({ length: 20 }, () => read(`Bearer ${keys.admin}`)));
    expect((await read(`Bearer ${keys.admin}`)).status).toBe(200);
    expect(house.askedKeys).toBe(1);
    house.revokedKeys.add(keys.admin);
    house.changed(house.keyId(keys.admin));
    await eventually(async () => expect((await read(`Bearer ${keys.admin}`)).status).toBe(401), { timeoutMs: 1_000 });
  });

  it('is asked for over the bus when no replica of auth-svc answers by HTTP, and the other way round', async () => {
    for (const way of ['bus', 'http'] as const) {
      house.ways = [way];
      house.askedKeys = 0;
      house.changed(house.keyId(keys.admin));
      await eventually(async () => {
        expect((await read(`Bearer ${keys.admin}`)).status).toBe(200);
        expect(house.askedKeys).toBeGreaterThan(0);
      });
    }
  });

  it('is not believed when auth-svc is silent', async () => {
    house.ways = [];
    expect(await read(`Bearer ${keys.admin}`)).toEqual({ status: 503, code: 'auth-unavailable', retryAfter: '1' });
    expect(house.seen).toEqual([]);
  });
});

describe('an access token', () => {
  it('opens the calls of its user while the session stands', async () => {
    const sid = randomUUID();
    const token = await house.jwt.sign({ sid });
    expect((await read(`Bearer ${token}`)).status).toBe(200);
    expect(house.seen[0]?.identity).toMatchObject({
      kind: 'user',
      tenant: 'demo',
      sub: 'u1',
      session: sid,
      role: 'admin',
    });
    house.endedSessions.add(sid);
    house.changed(sid);
    await eventually(async () => expect((await read(`Bearer ${token}`)).status).toBe(401), { timeoutMs: 1_000 });
  });

  it('signed with a key that is new opens them within a second of its publication, and one of the key before goes on', async () => {
    const before = await house.jwt.sign();
    expect((await read(`Bearer ${before}`)).status).toBe(200);
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const token = await house.jwt.sign({}, { key: privateKey, kid: 'k2' });
    expect((await read(`Bearer ${token}`)).status).toBe(401);
    house.jwt.jwks.keys.push({ ...(await exportJWK(publicKey)), kid: 'k2', alg: 'EdDSA', use: 'sig' });
    await eventually(async () => expect((await read(`Bearer ${token}`)).status).toBe(200), { timeoutMs: 1_500 });
    expect((await read(`Bearer ${before}`)).status).toBe(200);
  });

  it('is refused with another issuer, audience or key, without or past its expiry, and unsigned', async () => {
    const bad = [
      await house.jwt.sign({}, { issuer: 'somebody' }),
      await house.jwt.sign({}, { audience: 'another-api' }),
      await house.jwt.sign({}, { expires: '-1s' }),
      await house.jwt.sign({}, { expires: null }),
      await house.jwt.sign({}, { key: generateKeyPairSync('ed25519').privateKey }),
      await house.jwt.sign({ sid: 'no-session' }),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"u1"}').toString('base64url')}.`,
      `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${Buffer.from('{"sub":"u1"}').toString('base64url')}.aaaa`,
    ];
    for (const token of bad)
      expect(await read(`Bearer ${token}`)).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(house.askedSessions).toBe(0);
    expect(house.seen).toEqual([]);
  });

  it('is not believed when auth-svc does not say whether the session stands', async () => {
    const token = await house.jwt.sign();
    house.ways = [];
    expect(await read(`Bearer ${token}`)).toEqual({ status: 503, code: 'auth-unavailable', retryAfter: '1' });
  });

  it('is not believed when the keys of auth-svc cannot be read', async () => {
    house.serverOf('auth-svc')?.close();
    house.serverOf('auth-svc')?.closeAllConnections();
    expect(await read(`Bearer ${await house.jwt.sign()}`)).toMatchObject({ status: 503, code: 'auth-unavailable' });
  });
});

describe('a call for everybody', () => {
  const login = (headers: Record<string, string>) =>
    fetch(`${house.baseUrl}/api/auth/login`, { method: 'POST', headers, body: '{}' });

  it('needs no credential, tenant or key', async () => {
    expect((await login({ 'content-type': 'application/json' })).status).toBe(200);
    expect(house.seen[0]?.identity).toMatchObject({ kind: 'anonymous' });
    expect(house.seen[0]?.identity).not.toHaveProperty('tenant');
  });

  it('looks at no credential, good or bad, so that nobody has to vouch for one', async () => {
    for (const credential of [keys.admin, await house.jwt.sign(), 'nobodys-credential-at-all']) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${credential}` };
      expect((await login(headers)).status).toBe(200);
      expect(house.seen.at(-1)?.identity).toMatchObject({ kind: 'anonymous' });
      expect(house.seen.at(-1)?.identity).not.toHaveProperty('tenant');
    }
    expect([house.askedKeys, house.askedSessions]).toEqual([0, 0]);
  });
});

describe('a logout', () => {
  const logout = (authorization: string | undefined) =>
    fetch(`${house.baseUrl}/api/auth/logout`, {
      method: 'POST',
      headers: authorization === undefined ? {} : { authorization },
    });

  it('knows the session it ends, and needs a credential that is good', async () => {
    const sid = randomUUID();
    expect((await logout(`Bearer ${await house.jwt.sign({ sid })}`)).status).toBe(200);
    expect(house.seen[0]?.identity).toMatchObject({ kind: 'user', session: sid });
    for (const bad of [undefined, 'Bearer nobodys-credential-at-all']) expect((await logout(bad)).status).toBe(401);
    expect(house.seen).toHaveLength(1);
  });
});
