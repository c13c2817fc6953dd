import { once } from 'node:events';
import { request } from 'node:http';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type House, headersOf, objectOf, openHouse, sendJson } from './house.ts';

let house: House;

async function answerOf(method: string, path: string, headers = headersOf()) {
  const response = await fetch(`${house.baseUrl}${path}`, {
    method,
    headers,
    ...(method === 'GET' ? {} : { body: '{}' }),
  });
  return {
    status: response.status,
    code: (await objectOf(response)).code,
    retryAfter: response.headers.get('retry-after'),
  };
}

const content = '/api/documents/1/content';

describe.each([
  ['over TCP', false],
  ['over unix sockets', true],
])('a service %s', (_how, unixSockets) => {
  beforeEach(async () => {
    house = await openHouse({ unixSockets, config: { callTimeoutMs: 800 } });
  });
  afterEach(() => house.close());

  const stopService = (name: 'deals-svc' | 'documents-svc') => {
    const server = house.serverOf(name);
    server?.close();
    server?.closeAllConnections();
  };

  it('gets path and query exactly as they were sent', async () => {
    const target = '/api/deals/a%20b%3Fc?q=%C3%A4&q=2&&x';
    await answerOf('GET', target);
    await fetch(`${house.baseUrl}/api/documents/a%20b/content?d=%2F`, { headers: headersOf() });
    expect(house.seen.map(({ url }) => url)).toEqual([target, '/api/documents/a%20b/content?d=%2F']);
  });

  it('has its problem documents passed on untouched', async () => {
    const problem = { code: 'deal-not-found', status: 404, detail: 'No such deal', request_id: 'r' };
    house.reply = (_seen, res) => {
      res
        .writeHead(404, { 'content-type': 'application/problem+json', 'retry-after': '7' })
        .end(JSON.stringify(problem));
    };
    for (const path of ['/api/deals/1', content]) {
      const response = await fetch(`${house.baseUrl}${path}`, { headers: headersOf() });
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(response.headers.get('retry-after')).toBe('7');
      expect(await response.text()).toBe(JSON.stringify(problem));
    }
  });

  it('that is away is 503 with Retry-After', async () => {
    stopService('deals-svc');
    stopService('documents-svc');
    const away = { status: 503, code: 'service-unavailable', retryAfter: '1' };
    expect(await answerOf('GET', '/api/deals/1')).toEqual(away);
    expect(await answerOf('POST', '/api/deals/start')).toEqual(away);
    expect(await answerOf('GET', content)).toEqual(away);
  });

  it('that breaks the connection is asked once more where that is safe, and 502 in the end', async () => {
    house.reply = (_seen, _res, req) => req.socket.destroy();
    expect(await answerOf('GET', '/api/deals/1')).toMatchObject({ status: 502, code: 'bad-gateway' });
    expect(house.seen).toHaveLength(2);
    expect(await answerOf('POST', '/api/deals/start')).toMatchObject({ status: 502, code: 'bad-gateway' });
    expect(house.seen).toHaveLength(4);
    expect(house.seen[2]?.identity?.key).toBe(house.seen[3]?.identity?.key);
    expect(await answerOf('POST', '/api/sign/webhook')).toMatchObject({ status: 502 });
    expect(house.seen).toHaveLength(5);
    expect(await answerOf('GET', content)).toMatchObject({ status: 502, code: 'bad-gateway' });
  });

  it('that is killed in the middle of its answer never gives half an answer', async () => {
    house.reply = (_seen, res, req) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      res.write('{"half":', () => req.socket.destroy());
    };
    expect(await answerOf('POST', '/api/deals/start')).toMatchObject({ status: 502, code: 'bad-gateway' });
    const half = await fetch(`${house.baseUrl}${content}`, { headers: headersOf() });
    await expect(half.text()).rejects.toThrow();
  });

  it('that takes too long is 504, and is let go', async () => {
    const closed: Promise<unknown>[] = [];
    house.reply = (_seen, res) => closed.push(once(res, 'close'));
    expect(await answerOf('GET', '/api/deals/1')).toMatchObject({ status: 504, code: 'gateway-timeout' });
    expect(await answerOf('POST', '/api/deals/start')).toMatchObject({ status: 504, code: 'gateway-timeout' });
    expect(await answerOf('GET', '/api/sign/envelopes/1/content')).toMatchObject({
      status: 504,
      code: 'gateway-timeout',
    });
    expect(closed).toHaveLength(3);
    await Promise.all(closed);
  });

  it('that sends without end is cut off at its deadline', async () => {
    house.reply = (_seen, res) => {
      res.writeHead(200, { 'content-type': 'application/pdf' });
      const drip = setInterval(() => res.write('drop'), 20);
      res.on('close', () => clearInterval(drip));
    };
    const path = '/api/sign/envelopes/1/content';
    const endless = await fetch(`${house.baseUrl}${path}`, { headers: headersOf() });
    await expect(endless.text()).rejects.toThrow();
    expect(await answerOf('GET', '/api/deals/1')).toMatchObject({ status: 504 });
  });

  it('answers HEAD like GET, without the body', async () => {
    house.reply = (_seen, res) => sendJson(res, 200, { ok: true }, { etag: '"1"' });
    for (const path of ['/api/deals/1', content]) {
      const response = await fetch(`${house.baseUrl}${path}`, { method: 'HEAD', headers: headersOf() });
      expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([200, '"1"', '']);
    }
  });
});

describe('a large answer', () => {
  beforeEach(async () => {
    house = await openHouse({ unixSockets: true });
  });
  afterEach(() => house.close());

  const sizeBytes = 256 * 1024 * 1024;

  it('that is streamed passes through, whatever its size, without being held', async () => {
    let sent = 0;
    house.reply = (_seen, res) => {
      res.writeHead(200, {
        'content-type': 'application/pdf',
        'content-length': String(sizeBytes),
        'content-disposition': 'attachment; filename="a.pdf"',
        'x-secret': '1',
      });
      const chunk = Buffer.alloc(256 * 1024, 7);
      const more = () => {
        while (sent < sizeBytes) {
          sent += chunk.length;
          if (!res.write(chunk)) return void res.once('drain', more);
        }
        res.end();
      };
      more();
    };
    const response = await fetch(`${house.baseUrl}${content}`, { headers: headersOf() });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': String(sizeBytes),
      'content-disposition': 'attachment; filename="a.pdf"',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(response.headers.has('x-secret')).toBe(false);
    // Nobody reads: the service gets rid of what fits on the way, and then has to wait.
    let seen = 0;
    let still = 0;
    await eventually(() => {
      still = sent === seen ? still + 1 : 0;
      seen = sent;
      expect(still).toBeGreaterThan(10);
    });
    expect(sent).toBeLessThan(sizeBytes / 8);
    let received = 0;
    for await (const chunk of response.body ?? []) received += chunk.length;
    expect(received).toBe(sizeBytes);
  });

  it('that is too large to be held is 502, and not asked for twice', async () => {
    house.reply = (_seen, res) => res.end(Buffer.alloc(17 * 1024 * 1024));
    expect(await answerOf('GET', '/api/deals/1')).toMatchObject({ status: 502, code: 'bad-gateway' });
    expect(house.seen).toHaveLength(1);
  });

  it('whose client leaves is ended at the service', async () => {
    const closed = Promise.withResolvers<void>();
    house.reply = (_seen, res) => {
      res.on('close', () => closed.resolve());
      res.writeHead(200).write('begin');
    };
    const call = request(`${house.baseUrl}${content}`, { headers: headersOf() });
    call.on('error', () => undefined).end();
    await once(call, 'response');
    call.destroy();
    await closed.promise;
  });
});
