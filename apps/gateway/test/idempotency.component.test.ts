import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type House, headersOf, keys, openHouse, type Seen, sendJson } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
  let effects = 0;
  house.reply = (_seen, res) => {
    effects += 1;
    sendJson(res, 200, { effect: effects, at: randomUUID() }, { etag: `"${effects}"`, location: `/x/${effects}` });
  };
});
afterEach(() => house.close());

async function start(headers: Record<string, string>, body = '{"a":1}', query = '') {
  const response = await fetch(`${house.baseUrl}/api/deals/start${query}`, { method: 'POST', headers, body });
  const text = await response.text();
  return {
    status: response.status,
    text,
    code: JSON.parse(text).code,
    replayed: response.headers.get('idempotent-replayed'),
    headers: response.headers,
  };
}

describe('the same request again', () => {
  it('gets the first answer, byte for byte, marked as a replay', async () => {
    const headers = headersOf();
    const first = await start(headers);
    const again = await start(headers);
    expect(first).toMatchObject({ status: 200, replayed: null });
    expect(again).toMatchObject({ status: 200, text: first.text, replayed: 'true' });
    for (const name of ['etag', 'location', 'content-type']) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(house.seen).toHaveLength(1);
  });

  it('is the same with its key in quotes', async () => {
    const first = await start(headersOf({ 'idempotency-key': 'k\\1' }));
    expect(await start(headersOf({ 'idempotency-key': '"k\\\\1"' }))).toMatchObject({
      text: first.text,
      replayed: 'true',
    });
    expect(house.seen[0]?.identity).toMatchObject({ key: 'k\\1', fp: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('fifty times at once has one effect, and every answer is that one or "in progress"', async () => {
    const answer = house.reply;
    house.reply = (seen, res, req) => setTimeout(() => answer(seen, res, req), 50);
    const headers = headersOf();
    const answers = await Promise.all(Array.from({ length: 50 }, () => start(headers)));
    expect(house.seen).toHaveLength(1);
    const firsts = answers.filter(({ status }) => status === 200);
    expect(new Set(firsts.map(({ text }) => text)).size).toBe(1);
    for (const { status, code, headers: answered } of answers.filter((each) => each.status !== 200)) {
      expect([status, code, answered.get('retry-after')]).toEqual([409, 'idempotency-in-progress', '1']);
    }
    expect((await start(headers)).text).toBe(firsts[0]?.text);
  });

  it('by another caller, or on another path, is another request', async () => {
    const key = { 'idempotency-key': 'shared' };
    await start(headersOf(key));
    await start(headersOf({ ...key, authorization: `Bearer ${keys.analyst}` }));
    await fetch(`${house.baseUrl}/api/intake/answer`, { method: 'POST', headers: headersOf(key), body: '{"a":1}' });
    expect(house.seen).toHaveLength(3);
  });

  it('is done anew when the call looks at no key', async () => {
    const mock = () =>
      fetch(`${house.baseUrl}/mock/envelopes/1/sign`, {
        method: 'POST',
        headers: headersOf({ 'idempotency-key': 'k' }),
      });
    await mock();
    await mock();
    expect(house.seen).toHaveLength(2);
    expect(house.seen[0]?.identity).not.toHaveProperty('key');
  });
});

describe('another request under the same key', () => {
  it.each([
    ['another body', '{"a":2}', '', {}],
    ['the same JSON written differently', '{"a": 1}', '', {}],
    ['another query', '{"a":1}', '?x=1', {}],
    ['another media type', '{"a":1}', '', { 'content-type': 'application/merge-patch+json' }],
  ])('is refused: %s', async (_what, body, query, more) => {
    const headers = headersOf();
    await start(headers);
    expect(await start({ ...headers, ...more }, body, query)).toMatchObject({
      status: 422,
      code: 'idempotency-key-reused',
    });
    expect(house.seen).toHaveLength(1);
  });

  it('is refused while the first still runs', async () => {
    const gate = Promise.withResolvers<void>();
    house.reply = (_seen, res) => gate.promise.then(() => sendJson(res, 200, {}));
    const headers = headersOf();
    const first = start(headers);
    await eventually(() => expect(house.seen).toHaveLength(1));
    expect((await start(headers, '{"a":2}')).code).toBe('idempotency-key-reused');
    gate.resolve();
    expect((await first).status).toBe(200);
  });
});

describe('a first request that failed', () => {
  it.each([400, 404, 409, 422, 500, 503])('with %i is looked at again', async (status) => {
    const answers: ((seen: Seen, res: Parameters<House['reply']>[1]) => void)[] = [
      (_seen, res) => sendJson(res, status, { code: 'no' }),
      (_seen, res) => sendJson(res, 200, { ok: 'second' }),
    ];
    house.reply = (seen, res) => answers.shift()?.(seen, res);
    const headers = headersOf();
    expect((await start(headers)).status).toBe(status);
    expect(await start(headers)).toMatchObject({ status: 200, text: '{"ok":"second"}', replayed: null });
    expect(await start(headers)).toMatchObject({ status: 200, text: '{"ok":"second"}', replayed: 'true' });
    expect(new Set(house.seen.map(({ identity }) => identity?.fp)).size).toBe(1);
  });

  it('because the service was killed while it answered is looked at again', async () => {
    house.reply = (_seen, _res, req) => req.socket.destroy();
    const headers = headersOf();
    expect(await start(headers)).toMatchObject({ status: 502, code: 'bad-gateway' });
    house.reply = (_seen, res) => sendJson(res, 200, { ok: 'restarted' });
    expect(await start(headers)).toMatchObject({ status: 200, text: '{"ok":"restarted"}' });
  });

  it('and whose effect the service remembers, gives that answer, marked as a replay', async () => {
    house.reply = (_seen, res) => sendJson(res, 200, { ok: 1 }, { 'idempotent-replayed': 'true' });
    expect(await start(headersOf())).toMatchObject({ status: 200, replayed: 'true' });
  });
});

describe('an answer that holds a secret', () => {
  it('is not kept here: the service answers the repeat, without the secret', async () => {
    let count = 0;
    house.reply = (_seen, res) => {
      count += 1;
      sendJson(res, 201, { api_key: count === 1 ? 'secret' : null }, { 'idempotent-secret': 'true' });
    };
    const headers = headersOf();
    const first = await start(headers);
    expect(first.text).toContain('secret');
    expect(first.headers.has('idempotent-secret')).toBe(false);
    expect((await start(headers)).text).toBe('{"api_key":null}');
  });
});

describe('a client that hangs up', () => {
  const hangUp = async (path: string, headers: Record<string, string>) => {
    const call = request(`${house.baseUrl}${path}`, { method: headers['content-type'] ? 'POST' : 'GET', headers });
    call.on('error', () => undefined);
    call.end(headers['content-type'] ? '{"a":1}' : undefined);
    await eventually(() => expect(house.seen).toHaveLength(1));
    call.destroy();
  };

  it('does not undo the request: it is finished, and the repeat gets its answer', async () => {
    const gate = Promise.withResolvers<void>();
    let cutOff = false;
    house.reply = (_seen, res) => {
      res.on('close', () => {
        cutOff = !res.writableFinished;
      });
      return gate.promise.then(() => sendJson(res, 200, { ok: 'finished' }));
    };
    const headers = headersOf();
    await hangUp('/api/deals/start', headers);
    expect((await start(headers)).code).toBe('idempotency-in-progress');
    gate.resolve();
    await eventually(async () =>
      expect(await start(headers)).toMatchObject({ text: '{"ok":"finished"}', replayed: 'true' }),
    );
    expect(cutOff).toBe(false);
    expect(house.seen).toHaveLength(1);
  });

  it('ends a read at the service', async () => {
    const ended = Promise.withResolvers<void>();
    house.reply = (_seen, res) => res.on('close', () => ended.resolve());
    await hangUp('/api/alerts', headersOf({ 'content-type': undefined }));
    await ended.promise;
  });
});

describe('the edge of an answer', () => {
  it('is told once for each answer to a call that changes something, and for no read', async () => {
    const edges: string[] = [];
    const watched = await openHouse({ deps: { onEdge: (kind, name) => edges.push(`${kind} ${name}`) } });
    try {
      const headers = headersOf();
      await fetch(`${watched.baseUrl}/api/deals/1/offers`, { method: 'POST', headers });
      await fetch(`${watched.baseUrl}/api/deals/1/offers`, { method: 'POST', headers });
      await fetch(`${watched.baseUrl}/api/deals/1`, { headers });
      await eventually(() => expect(edges).toEqual(Array(2).fill('answer /api/deals/:id/offers')));
    } finally {
      await watched.close();
    }
  });
});
