import { setTimeout as takeMs } from 'node:timers/promises';
import { problemPages } from '@uw-wizard/shared/contracts/problems';
import { sharedProblems } from '@uw-wizard/shared/platform/problem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as errors from '../src/errors.ts';
import { createMemoryIdempotencyStore } from '../src/idempotency/memory-store.ts';
import { type House, headersOf, objectOf, openHouse, sendJson } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

describe('the page of a problem', () => {
  it('is there for every problem of the gateway, with the title and status it is answered with', () => {
    for (const kind of [...Object.values(errors), ...sharedProblems]) {
      expect(problemPages.find(({ code }) => code === kind.code)).toMatchObject(kind);
    }
    expect(new Set(problemPages.map(({ code }) => code)).size).toBe(problemPages.length);
  });

  it('is HTML for people and JSON for programs', async () => {
    const url = `${house.baseUrl}/problems/tenant-mismatch`;
    const html = await fetch(url, { headers: { accept: 'text/html,application/xhtml+xml' } });
    expect(html.headers.get('content-type')).toMatch('text/html');
    expect(await html.text()).toContain('X-Tenant-ID names a tenant');
    const json = await fetch(url);
    expect(await objectOf(json)).toMatchObject({ code: 'tenant-mismatch', status: 403, remedy: expect.any(String) });
    expect((await fetch(`${house.baseUrl}/problems/no-such-thing`)).status).toBe(404);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });
});

describe('anybody may ask', () => {
  it('where things are', async () => {
    const response = await fetch(house.baseUrl);
    expect(response.status).toBe(200);
    expect(await objectOf(response)).toMatchObject({ name: 'UW Wizard' });
  });

  it('for the public keys of access tokens', async () => {
    const response = await fetch(`${house.baseUrl}/.well-known/jwks.json`);
    expect(await objectOf(response)).toEqual(house.jwt.jwks);
  });

  it('for its health by reading only', async () => {
    for (const path of ['/healthz', '/readyz']) {
      expect((await fetch(`${house.baseUrl}${path}`, { method: 'HEAD' })).status).toBe(200);
      const refused = await fetch(`${house.baseUrl}${path}`, { method: 'POST' });
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('whether the gateway is ready, and hears when it is about to stop', async () => {
    const own = await openHouse();
    try {
      const ready = await fetch(`${own.baseUrl}/readyz`);
      expect([ready.status, await objectOf(ready)]).toEqual([200, { status: 'ready' }]);
      own.gateway.drain();
      const draining = await fetch(`${own.baseUrl}/readyz`);
      expect([draining.status, await objectOf(draining)]).toEqual([503, { status: 'draining' }]);
    } finally {
      await own.close();
    }
  });
});

describe('a gateway that stops', () => {
  it('first finishes what it has begun, and keeps the answer, though its client has gone', async () => {
    const store = createMemoryIdempotencyStore();
    let kept = false;
    const own = await openHouse({
      deps: {
        idempotency: {
          ...store,
          async complete(...args) {
            await takeMs(100);
            kept = await store.complete(...args);
            return kept;
          },
        },
      },
    });
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    own.reply = async (_seen, res) => {
      begun.resolve();
      await gate.promise;
      sendJson(res, 200, {});
    };
    const gone = new AbortController();
    const init = { method: 'POST', headers: headersOf(), body: '{}', signal: gone.signal };
    const call = fetch(`${own.baseUrl}/api/deals/start`, init).catch(() => undefined);
    await begun.promise;
    gone.abort();
    await call;
    const closed = own.gateway.close().then(() => kept);
    gate.resolve();
    expect(await closed).toBe(true);
    await own.close();
  });
});
