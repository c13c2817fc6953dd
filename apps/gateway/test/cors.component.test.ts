import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type House, headersOf, openHouse } from './house.ts';

const listed = 'http://localhost:5173';
const unlisted = 'http://evil.test';
const exposed =
  'Idempotent-Replayed,X-Request-Id,Retry-After,RateLimit,RateLimit-Policy,ETag,Location,Content-Disposition';

function corsHeaders(response: Response) {
  return Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));
}

describe.each([
  ['with a list', { corsOrigins: [listed], debug: false }],
  ['with * and no DEBUG', { corsOrigins: ['*', listed], debug: false }],
  ['with * and DEBUG', { corsOrigins: ['*', listed], debug: true }],
])('%s', (what, config) => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ config });
  });
  afterAll(() => house.close());

  const preflight = (path: string, origin: string, method: string) =>
    fetch(`${house.baseUrl}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,idempotency-key,x-anything',
      },
    });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'a page of a listed origin may plan a %s without a credential',
    async (method) => {
      for (const path of ['/api/deals/start', '/api/deals/1', '/api/not-yet-there']) {
        const response = await preflight(path, listed, method);
        expect(response.status).toBe(204);
        expect(corsHeaders(response)).toMatchObject({
          'access-control-allow-origin': listed,
          'access-control-allow-credentials': 'true',
          'access-control-allow-methods': expect.stringContaining(method),
          'access-control-allow-headers': 'authorization,idempotency-key,x-anything',
        });
        expect(response.headers.get('vary')).toMatch(/Origin/);
      }
    },
  );

  it('a page of a listed origin reads answers, errors too, with credentials', async () => {
    for (const headers of [headersOf({ origin: listed }), { origin: listed }]) {
      const response = await fetch(`${house.baseUrl}/api/alerts`, { headers });
      expect(corsHeaders(response)).toEqual({
        'access-control-allow-origin': listed,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': exposed,
      });
      expect(response.headers.get('vary')).toMatch(/Origin/);
    }
  });

  it('a page of an unlisted origin gets no CORS header, unless * counts, and then no credentials', async () => {
    const answers = [
      await fetch(`${house.baseUrl}/api/alerts`, { headers: headersOf({ origin: unlisted }) }),
      await preflight('/api/deals/start', unlisted, 'POST'),
      await fetch(`${house.baseUrl}/api/alerts`, { headers: headersOf({ origin: 'null' }) }),
    ];
    for (const answer of answers) {
      expect(answer.headers.get('vary')).toMatch(/Origin/);
      if (what === 'with * and DEBUG') {
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
        expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
      } else {
        expect(corsHeaders(answer)).toEqual({});
      }
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 204, 200]);
  });

  it('a caller that is no page gets no CORS header', async () => {
    const answer = await fetch(`${house.baseUrl}/api/alerts`, { headers: headersOf() });
    expect(corsHeaders(answer)).toEqual({});
    expect(answer.headers.get('vary')).toMatch(/Origin/);
  });
});
