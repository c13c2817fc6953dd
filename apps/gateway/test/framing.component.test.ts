import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type House, keys, openHouse, sendJson } from './house.ts';
import { problemIn, rawCall } from './raw-call.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ config: { allowedHosts: ['gateway.test'] } });
});
afterAll(() => house.close());
beforeEach(() => {
  house.seen.length = 0;
});

const good = [
  'POST /api/alerts HTTP/1.1',
  'Host: gateway.test',
  `Authorization: Bearer ${keys.admin}`,
  'X-Tenant-ID: demo',
  'Content-Type: application/json',
].join('\r\n');
const hidden = `GET /api/alerts HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer ${keys.admin}\r\n\r\n`;
let calls = 0;
function post(...rest: string[]) {
  calls += 1;
  return rawCall(house.baseUrl, `${good}\r\nIdempotency-Key: k-${calls}\r\n${rest.join('\r\n')}`);
}

describe('a request that two servers could read differently is refused, and its connection closed', () => {
  it.each([
    ['two lengths', ['Content-Length: 2', 'Content-Length: 40', '', '{}']],
    ['the same length twice', ['Content-Length: 2', 'Content-Length: 2', '', '{}']],
    ['a list of lengths', ['Content-Length: 2, 2', '', '{}']],
    ['a length that is negative', ['Content-Length: -2', '', '{}']],
    ['a length with a sign', ['Content-Length: +2', '', '{}']],
    ['a length beyond all numbers', ['Content-Length: 99999999999999999999999', '', '{}']],
    ['a length, then chunks', ['Content-Length: 2', 'Transfer-Encoding: chunked', '', '0', '', '']],
    ['chunks, then a length', ['Transfer-Encoding: chunked', 'Content-Length: 2', '', '0', '', '']],
    ['another coding than chunks', ['Transfer-Encoding: xchunked', '', '0', '', '']],
    ['a coding below the chunks', ['Transfer-Encoding: gzip, chunked', '', '0', '', '']],
    ['chunks that are not the last coding', ['Transfer-Encoding: chunked, identity', '', '0', '', '']],
    ['the coding in two headers', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity', '', '0', '', '']],
    ['a space before the colon', ['Transfer-Encoding : chunked', '', '0', '', '']],
    ['a folded line', ['X-Long: a', ' b', 'Content-Length: 2', '', '{}']],
    ['a line that ends with LF alone', ['X-Line: a\nContent-Length: 2', '', '{}']],
    ['a line that ends with CR alone', ['X-Line: a\rContent-Length: 2', '', '{}']],
    ['a NUL in a header', ['X-Line: a\0b', 'Content-Length: 2', '', '{}']],
    ['a second Host', ['Host: elsewhere.test', 'Content-Length: 2', '', '{}']],
    ['a chunk larger than any number', ['Transfer-Encoding: chunked', '', 'fffffffffffffffff', '{}', '0', '', '']],
    ['a chunk of a negative size', ['Transfer-Encoding: chunked', '', '-2', '{}', '0', '', '']],
    ['a chunk whose size ends with LF alone', ['Transfer-Encoding: chunked', '', '2\n{}', '0', '', '']],
    ['a chunk longer than it says', ['Transfer-Encoding: chunked', '', '2', '{}{}', '0', '', '']],
  ])('%s', async (_, lines) => {
    const { statuses, text } = await post(...lines, hidden);
    expect(statuses).toEqual([400]);
    expect(text).toMatch(/^connection: close/im);
    expect(problemIn(text)).toMatchObject({ status: 400, code: 'request-malformed' });
    expect(house.seen).toEqual([]);
  });

  it.each([
    ['no Host', 'GET /api/alerts HTTP/1.1\r\n\r\n'],
    ['a head without a version', 'GET /api/alerts\r\n\r\n'],
    ['the head of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a space in the path', 'GET /api/alerts x HTTP/1.1\r\nHost: gateway.test\r\n\r\n'],
    [
      'chunks of an HTTP/1.0 client',
      'POST /api/alerts HTTP/1.0\r\nHost: gateway.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('%s', async (_, bytes) => {
    const { statuses, text } = await rawCall(house.baseUrl, bytes);
    expect([statuses, text.startsWith('HTTP/1.1 400')]).toEqual([[400], true]);
    expect(problemIn(text)).toMatchObject({ status: 400, code: 'request-malformed' });
    expect(house.seen).toEqual([]);
  });

  it('a head or a chunk extension of many kilobytes', async () => {
    const long = 'x'.repeat(20_000);
    const headed = await post(`X-Long: ${long}`, 'Content-Length: 2', '', '{}');
    expect(problemIn(headed.text)).toMatchObject({ status: 431, code: 'headers-too-large' });
    const extended = await post('Transfer-Encoding: chunked', '', `2;${long}`, '{}', '0', '', '');
    expect(problemIn(extended.text)).toMatchObject({ status: 413, code: 'body-too-large' });
    expect(house.seen).toEqual([]);
  });
});

describe('what is no request', () => {
  it('is told the id of the call whose body it broke', async () => {
    const { text } = await post('X-Request-Id: mine', 'Transfer-Encoding: chunked', '', '2', '{}x');
    expect(problemIn(text)).toMatchObject({ status: 400, request_id: 'mine' });
  });

  it('takes nothing from the call before it, whose answer is the last of the connection', async () => {
    const refused = house.nextRefusal();
    house.reply = async (_seen, res) => {
      await refused;
      sendJson(res, 200, { ok: true });
    };
    const { statuses, text } = await rawCall(house.baseUrl, `${hidden}rubbish\r\n\r\n`);
    expect(statuses).toEqual([200]);
    expect(text).toMatch(/^connection: close/im);
  });

  it('is not an expectation that nobody knows', async () => {
    const { statuses } = await post('Expect: a-miracle', 'Connection: close', 'Content-Length: 2', '', '{}');
    expect(statuses).toEqual([200]);
  });
});

describe('the host a call is for', () => {
  const read = (target: string, host: string) =>
    rawCall(house.baseUrl, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

  it('is one of ours, with or without the port, in either case', async () => {
    for (const host of ['gateway.test', 'GATEWAY.test', 'gateway.test:8000']) {
      expect((await read('/problems', host)).statuses, host).toEqual([200]);
    }
    for (const host of ['elsewhere.test', 'gateway.test.elsewhere.test', 'gateway.test@elsewhere.test', '']) {
      const { text } = await read('/problems', host);
      expect(text, host).toContain('host-not-allowed');
    }
  });

  it('cannot be named in the request line or by a header for proxies', async () => {
    expect((await read('http://gateway.test/problems', 'gateway.test')).statuses).toEqual([404]);
    const { text } = await read('/problems', 'elsewhere.test\r\nX-Forwarded-Host: gateway.test');
    expect(text).toContain('host-not-allowed');
  });
});

describe('a path', () => {
  it.each([
    '/api/documents/..%2f..%2fetc%2fpasswd/content',
    '/api/documents/%2e%2e/content',
    '/api/documents/%2E%2E%2Fcontent',
    '/api/documents/../alerts',
    '/api/documents/./content',
    '/api/documents/..%5c..%5cboot.ini',
    '/api/documents/a%00b',
    '/api/deals/1%2Foffers',
    '/api/deals/%C0%AE%C0%AE',
    '/api\\alerts',
    '//api/alerts',
  ])('that hides another one is no path: %s', async (path) => {
    const { statuses, text } = await rawCall(
      house.baseUrl,
      `GET ${path} HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer ${keys.admin}\r\nConnection: close\r\n\r\n`,
    );
    expect(statuses).toEqual([404]);
    expect(text).toContain('"not-found"');
    expect(house.seen).toEqual([]);
  });
});
