import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type House, headersOf, keys, objectOf, openHouse, sendJson } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());
beforeEach(() => {
  house.seen.length = 0;
  house.reply = (_seen, res) => sendJson(res, 200, { ok: true });
});

/** Writes bytes as they are and reads what comes back until the server closes. */
function raw(lines: string[], body = ''): Promise<string> {
  const { hostname, port } = new URL(house.baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  });
}

const forged = [
  'X-UW-Identity: forged',
  'X-User-Id: root',
  'X-User: root',
  'X-Forwarded-For: 10.9.8.7',
  'X-Forwarded-Host: evil.test',
  'Forwarded: for=10.9.8.7',
  'X-Real-IP: 10.9.8.7',
  'X-Internal-Token: open-sesame',
  'X-Original-URL: /api/users',
];

describe('what a client says about itself beyond its credential', () => {
  it('does not reach a service, in whatever company it comes', async () => {
    const answer = await raw(
      [
        'POST /api/deals/start HTTP/1.1',
        'Host: gateway.test',
        `Authorization: Bearer ${keys.admin}`,
        'X-Tenant-ID: demo',
        'Idempotency-Key: k-forged',
        'Content-Type: application/json',
        'Content-Length: 2',
        'Expect: 100-continue',
        'Connection: close, X-Tenant-ID, X-UW-Identity',
        'Cookie: session=1',
        ...forged,
      ],
      '{}',
    );
    expect(answer).toContain('HTTP/1.1 200');
    const { headers, identity } = house.seen[0] ?? {};
    expect(identity).toMatchObject({ kind: 'key', tenant: 'demo', addr: '127.0.0.1' });
    const known = [
      'host',
      'connection',
      'content-length',
      'content-type',
      'x-request-id',
      'traceparent',
      'x-uw-identity',
    ];
    expect(Object.keys(headers ?? {}).filter((name) => !known.includes(name))).toEqual([]);
    expect(headers?.['x-uw-identity']).not.toBe('forged');
  });

  it('does not reach a service on a streamed call either', async () => {
    const answer = await raw([
      'GET /api/documents/1/content HTTP/1.1',
      'Host: gateway.test',
      `Authorization: Bearer ${keys.admin}`,
      'Expect: 100-continue',
      'Connection: close, X-UW-Identity, Content-Length',
      ...forged,
    ]);
    expect(answer).toContain('HTTP/1.1 200');
    const { headers, identity } = house.seen[0] ?? {};
    expect(identity).toMatchObject({ kind: 'key', tenant: 'demo', addr: '127.0.0.1' });
    const known = ['host', 'connection', 'x-request-id', 'traceparent', 'x-uw-identity'];
    expect(Object.keys(headers ?? {}).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('counts for nothing when it is an identity that the gateway itself has signed', async () => {
    const call = (more: Record<string, string | undefined>) =>
      fetch(`${house.baseUrl}/api/alerts`, { headers: headersOf(more) });
    await call({});
    const stolen = { 'x-uw-identity': String(house.seen[0]?.headers['x-uw-identity']) };
    expect((await call({ ...stolen, authorization: undefined })).status).toBe(401);
    expect(house.seen.length).toBe(1);
    expect((await call({ ...stolen, authorization: `Bearer ${keys.analyst}` })).status).toBe(200);
    expect(house.seen[1]?.identity).toMatchObject({ role: 'analyst' });
  });

  it('cannot name X-Tenant-ID in Connection to get around its check', async () => {
    const answer = await raw([
      'GET /api/alerts HTTP/1.1',
      'Host: gateway.test',
      `Authorization: Bearer ${keys.admin}`,
      'X-Tenant-ID: other',
      'Connection: close, X-Tenant-ID',
    ]);
    expect(answer).toContain('tenant-mismatch');
  });

  it('cannot smuggle a second request in the body of a read', async () => {
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const path of ['/api/documents/1/content', '/api/alerts']) {
      await raw(
        [
          `GET ${path} HTTP/1.1`,
          'Host: gateway.test',
          `Authorization: Bearer ${keys.admin}`,
          `Content-Length: ${hidden.length}`,
          'Connection: close',
        ],
        hidden,
      );
    }
    await fetch(`${house.baseUrl}/api/documents/2/content`, { headers: headersOf() });
    expect(house.seen.map(({ url, body }) => [url, body.length])).toEqual([
      ['/api/documents/1/content', 0],
      ['/api/alerts', 0],
      ['/api/documents/2/content', 0],
    ]);
  });
});

describe('a body that is refused half-way', () => {
  it('is read to its end, so that the connection is good for the next call', async () => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const answers = await raw(
      [
        'POST /api/deals/start HTTP/1.1',
        'Host: gateway.test',
        `Authorization: Bearer ${keys.admin}`,
        'X-Tenant-ID: demo',
        'Idempotency-Key: k-large',
        'Content-Type: application/json',
        'Transfer-Encoding: chunked',
      ],
      `${chunk.repeat(40)}0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n`,
    );
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });
});

describe('the request id', () => {
  it('of a client is kept when it is sane, on every kind of answer', async () => {
    for (const path of ['/api/alerts', '/api/nowhere', '/healthz', '/problems/forbidden', '/api/documents/1/content']) {
      const response = await fetch(`${house.baseUrl}${path}`, { headers: headersOf({ 'x-request-id': 'req-1.a:b' }) });
      expect(response.headers.get('x-request-id')).toBe('req-1.a:b');
    }
    expect(house.seen.map(({ identity, headers }) => [identity?.rid, headers['x-request-id']])).toEqual([
      ['req-1.a:b', 'req-1.a:b'],
      ['req-1.a:b', 'req-1.a:b'],
    ]);
  });

  it.each(['', 'with space', '<script>', 'x'.repeat(129)])('%j is replaced by one of ours', async (id) => {
    const response = await fetch(`${house.baseUrl}/healthz`, { headers: { 'x-request-id': id } });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a trace', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

  it('goes on under a span of the gateway', async () => {
    const headers = headersOf({ traceparent: `00-${trace}-00f067aa0ba902b7-01`, tracestate: 'a=b' });
    await fetch(`${house.baseUrl}/api/alerts`, { headers });
    expect(house.seen[0]?.headers.traceparent).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    expect(house.seen[0]?.headers.tracestate).toBe('a=b');
  });

  it('is begun where there is none, or none that is valid', async () => {
    for (const traceparent of [undefined, `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, 'nonsense']) {
      await fetch(`${house.baseUrl}/api/alerts`, { headers: headersOf({ traceparent, tracestate: 'a=b' }) });
    }
    for (const { headers } of house.seen) {
      expect(headers.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(headers).not.toHaveProperty('tracestate');
    }
  });
});

describe('the headers of an answer', () => {
  it('are those that belong to it; what a service says beyond them stays inside', async () => {
    house.reply = (_seen, res) =>
      sendJson(
        res,
        200,
        {},
        { etag: '"3"', location: '/api/deals/1', 'x-powered-by': 'x', server: 'y', 'set-cookie': 'a=b' },
      );
    const response = await fetch(`${house.baseUrl}/api/alerts`, { headers: headersOf() });
    expect(response.headers.get('etag')).toBe('"3"');
    expect(response.headers.get('location')).toBe('/api/deals/1');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    for (const name of ['x-powered-by', 'server', 'set-cookie']) expect(response.headers.has(name)).toBe(false);
  });
});

describe('an installation with names of its own and a proxy in front', () => {
  it('answers for those names only, but says anybody that it lives', async () => {
    const strict = await openHouse({ config: { allowedHosts: ['127.0.0.1'] } });
    try {
      expect((await fetch(`${strict.baseUrl}/problems/forbidden`)).status).toBe(200);
      const port = new URL(strict.baseUrl).port;
      const refused = await fetch(`http://localhost:${port}/problems/forbidden`);
      expect([refused.status, (await objectOf(refused)).code]).toEqual([421, 'host-not-allowed']);
      expect((await fetch(`http://localhost:${port}/healthz`)).status).toBe(200);
    } finally {
      await strict.close();
    }
  });

  it('believes the proxy, and only the proxy, about addresses', async () => {
    const behind = await openHouse({ config: { trustedProxies: ['127.0.0.0/8'] } });
    try {
      const headers = headersOf({ 'x-forwarded-for': '6.6.6.6, 203.0.113.9' });
      await fetch(`${behind.baseUrl}/api/alerts`, { headers });
      expect(behind.seen[0]?.identity?.addr).toBe('203.0.113.9');
      expect(behind.seen[0]?.headers).not.toHaveProperty('x-forwarded-for');
      for (const nonsense of ['6.6.6.6, unknown', '6.6.6.6, <b>', '6.6.6.6, 1.2.3.4:80', ',', '']) {
        behind.seen.length = 0;
        await fetch(`${behind.baseUrl}/api/alerts`, { headers: headersOf({ 'x-forwarded-for': nonsense }) });
        expect(behind.seen[0]?.identity?.addr, nonsense).toBe('127.0.0.1');
      }
    } finally {
      await behind.close();
    }
  });
});
