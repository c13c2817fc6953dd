import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type House, headersOf, keys, objectOf, openHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());
beforeEach(() => {
  house.seen.length = 0;
});

const big = 'x'.repeat(1024 * 1024 + 1);

async function call(method: string, path: string, headers: Record<string, string>, body?: string) {
  const response = await fetch(`${house.baseUrl}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  const problem = await objectOf(response);
  return { response, problem };
}

describe('a call that is wrong in two ways is told the first of them', () => {
  const forced = '/api/sign/send?deal_id=1&force=true';
  const none = { authorization: undefined };
  const analyst = { authorization: `Bearer ${keys.analyst}` };
  const noTenant = { 'x-tenant-id': undefined };
  const otherTenant = { 'x-tenant-id': 'other' };
  const noKey = { 'idempotency-key': undefined };
  const badKey = { 'idempotency-key': 'two words' };
  const text = { 'content-type': 'text/plain' };

  it.each([
    ['an unknown path without a credential', 'POST', '/api/nowhere', none, '{}', 404, 'not-found'],
    ['a wrong method without a credential', 'DELETE', '/api/deals/start', none, undefined, 405, 'method-not-allowed'],
    ['no credential and no tenant', 'POST', '/api/deals/start', { ...none, ...noTenant }, '{}', 401, 'unauthenticated'],
    ['no credential and no key', 'POST', '/api/deals/start', { ...none, ...noKey }, '{}', 401, 'unauthenticated'],
    [
      'no tenant and a role that may not',
      'POST',
      forced,
      { ...analyst, ...noTenant },
      undefined,
      400,
      'tenant-missing',
    ],
    [
      'another tenant and a role that may not',
      'POST',
      forced,
      { ...analyst, ...otherTenant },
      undefined,
      403,
      'tenant-mismatch',
    ],
    ['a role that may not and no key', 'POST', forced, { ...analyst, ...noKey }, undefined, 403, 'forbidden'],
    ['a role that may not and a bad key', 'POST', forced, { ...analyst, ...badKey }, undefined, 403, 'forbidden'],
    ['no key and too large a body', 'POST', '/api/deals/start', noKey, big, 400, 'idempotency-key-missing'],
    ['a bad key and too large a body', 'POST', '/api/deals/start', badKey, big, 400, 'idempotency-key-invalid'],
    ['a body too large and of a wrong type', 'POST', '/api/deals/start', text, big, 413, 'body-too-large'],
  ] as const)('%s', async (_what, method, path, headers, body, status, code) => {
    const { response, problem } = await call(method, path, headersOf(headers), body);
    expect({ status: response.status, code: problem.code }).toEqual({ status, code });
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    expect(problem).toMatchObject({
      type: `http://gateway.test/problems/${code}`,
      status,
      title: expect.any(String),
      detail: expect.any(String),
      instance: path.split('?')[0],
      request_id: response.headers.get('x-request-id'),
    });
    expect(house.seen).toEqual([]);
  });

  it('a wrong type under a key that was used for something else', async () => {
    const headers = headersOf();
    await call('POST', '/api/deals/start', headers, '{}');
    const { response } = await call('POST', '/api/deals/start', { ...headers, ...text }, 'hello');
    expect(response.status).toBe(415);
  });

  it('a key that was used for something else, before the service looks at the body', async () => {
    const headers = headersOf();
    await call('POST', '/api/deals/start', headers, '{}');
    house.seen.length = 0;
    const { problem } = await call('POST', '/api/deals/start', headers, '{not json');
    expect(problem.code).toBe('idempotency-key-reused');
    expect(house.seen).toEqual([]);
  });
});

describe('each check', () => {
  it('names the methods of a path that has no such method', async () => {
    const { response } = await call('GET', '/api/deals/start', headersOf());
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    const dealPath = await call('PATCH', '/api/deals/018f0000-0000-7000-8000-000000000000', headersOf());
    expect(dealPath.response.headers.get('allow')).toBe('GET, HEAD');
  });

  it('says how to authenticate', async () => {
    const { response } = await call('GET', '/api/alerts', {});
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('lets a read without X-Tenant-ID through and refuses one for another tenant', async () => {
    expect((await call('GET', '/api/alerts', headersOf({ 'x-tenant-id': undefined }))).response.status).toBe(200);
    const { problem } = await call('GET', '/api/alerts', headersOf({ 'x-tenant-id': 'other' }));
    expect(problem.code).toBe('tenant-mismatch');
  });

  it.each([
    ['GET', '/api/auth/me'],
    ['POST', '/api/auth/logout'],
  ])('asks for no X-Tenant-ID at %s %s, and refuses one for another tenant there too', async (method, path) => {
    expect((await call(method, path, headersOf({ 'x-tenant-id': undefined }))).response.status).toBe(200);
    const { problem } = await call(method, path, headersOf({ 'x-tenant-id': 'other' }));
    expect(problem.code).toBe('tenant-mismatch');
    expect(house.seen).toHaveLength(1);
  });

  it('lets an analyst send for signature, but not with force', async () => {
    const analyst = { authorization: `Bearer ${keys.analyst}` };
    expect((await call('POST', '/api/sign/send?force=false', headersOf(analyst))).response.status).toBe(200);
    for (const query of ['force=true', 'force=false&force=true', 'force=%74rue']) {
      expect((await call('POST', `/api/sign/send?${query}`, headersOf(analyst))).problem.code).toBe('forbidden');
    }
    expect((await call('POST', '/api/sign/send?force=true', headersOf())).response.status).toBe(200);
  });

  it.each([
    ['', 'idempotency-key-invalid'],
    ['""', 'idempotency-key-invalid'],
    ['"open', 'idempotency-key-invalid'],
    ['a'.repeat(256), 'idempotency-key-invalid'],
    ['a b', 'idempotency-key-invalid'],
    ['a'.repeat(255), undefined],
    [`"${'a'.repeat(255)}"`, undefined],
  ])('takes or refuses the key %j', async (key, code) => {
    const { problem } = await call('POST', '/api/alerts', headersOf({ 'idempotency-key': key }), '{}');
    expect(problem.code).toBe(code);
  });

  it('counts a body that does not say how long it is', async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < 3; sent += 1) controller.enqueue(new TextEncoder().encode('y'.repeat(512 * 1024)));
        controller.close();
      },
    });
    const init = { method: 'POST', headers: headersOf({ 'content-type': 'text/plain' }), body, duplex: 'half' };
    const response = await fetch(`${house.baseUrl}/api/deals/start`, init as RequestInit);
    expect(response.status).toBe(413);
  });

  it('refuses a packed body and takes a call without one', async () => {
    const packed = await call('POST', '/api/alerts', headersOf({ 'content-encoding': 'gzip' }), '{}');
    expect(packed.response.status).toBe(415);
    const bare = await call('POST', '/api/alerts', headersOf({ 'content-type': undefined }));
    expect(bare.response.status).toBe(200);
  });

  it('takes paths as they are written', async () => {
    for (const path of ['/API/alerts', '/api/alerts/', '/api//alerts', '/api/deals/%zz', '/api/x%2f..%2fy']) {
      expect((await call('GET', path, headersOf())).problem.code).toBe('not-found');
    }
  });

  it('asks a webhook for neither credential nor key', async () => {
    const headers = { 'x-docusign-signature-1': 'abc', 'x-unknown': '1', 'content-type': 'application/json' };
    expect((await call('POST', '/api/sign/webhook', headers, '{"a": 1}')).response.status).toBe(200);
    expect(house.seen[0]).toMatchObject({
      identity: { kind: 'provider' },
      headers: { 'x-docusign-signature-1': 'abc', 'content-type': 'application/json' },
    });
    expect(house.seen[0]?.body.toString()).toBe('{"a": 1}');
    expect(house.seen[0]?.headers).not.toHaveProperty('x-unknown');
  });
});
