import { hash } from 'node:crypto';
import { problemPages } from '@uw-wizard/shared/contracts/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type House, headersOf, openHouse } from './house.ts';

const listed = 'http://localhost:5173';
let house: House;
beforeAll(async () => {
  house = await openHouse({ config: { publicUrl: 'https://desk.test', corsOrigins: [listed] } });
});
afterAll(() => house.close());

const always = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
};
const forData = "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'";

describe('a browser', () => {
  it.each<[string, string, RequestInit]>([
    ['an answer', '/api/alerts', { headers: headersOf() }],
    ['a file that is passed through', '/api/documents/1/content', { headers: headersOf() }],
    ['a call without a credential', '/api/alerts', {}],
    ['a bad call', '/api/deals/start', { method: 'POST', headers: headersOf({ 'idempotency-key': undefined }) }],
    ['a path that is none', '/api/nowhere', {}],
    ['another method', '/healthz', { method: 'DELETE' }],
    ['the methods of a path', '/api/alerts', { method: 'OPTIONS' }],
    ['health', '/healthz', {}],
    ['the start page', '/', {}],
    ['the list of problems', '/problems', {}],
    ['a problem for programs', '/problems/forbidden', {}],
    [
      'a preflight',
      '/api/alerts',
      { method: 'OPTIONS', headers: { origin: listed, 'access-control-request-method': 'GET' } },
    ],
  ])('runs, loads and frames nothing of %s', async (_, path, init) => {
    const { headers } = await fetch(`${house.baseUrl}${path}`, init);
    expect(Object.fromEntries(headers)).toMatchObject({ ...always, 'content-security-policy': forData });
    expect(headers.has('x-powered-by')).toBe(false);
  });

  it("gets of a problem's page the words and one style sheet, known by its hash", async () => {
    for (const { code } of problemPages) {
      const answer = await fetch(`${house.baseUrl}/problems/${code}`, { headers: { accept: 'text/html' } });
      expect(Object.fromEntries(answer.headers)).toMatchObject(always);
      const page = await answer.text();
      const [, style = ''] = /<style>([^<]*)<\/style>/.exec(page) ?? [];
      expect(style).not.toBe('');
      expect(answer.headers.get('content-security-policy')).toBe(
        `${forData};style-src 'sha256-${hash('sha256', style, 'base64')}'`,
      );
      expect(page.replace(/<style>[^<]*<\/style>/, '')).not.toMatch(
        /<(script|style|link|img|iframe)|\s(style|on\w+)=/i,
      );
    }
  });

  it('lets the pages of listed origins read what it lets no other origin embed', async () => {
    const answer = await fetch(`${house.baseUrl}/api/alerts`, { headers: headersOf({ origin: listed }) });
    expect(answer.headers.get('access-control-allow-origin')).toBe(listed);
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });
});

describe('TLS alone', () => {
  const hstsOf = async (config: Parameters<typeof openHouse>[0]) => {
    const own = await openHouse(config);
    try {
      return (await fetch(`${own.baseUrl}/healthz`)).headers.get('strict-transport-security');
    } finally {
      await own.close();
    }
  };

  it('is asked for as long as the operator says, for the hosts below only when he says so', async () => {
    const publicUrl = 'https://desk.test';
    const hsts = { maxAgeSeconds: 300, includeSubdomains: true };
    expect(await hstsOf({ config: { publicUrl, hsts } })).toBe('max-age=300; includeSubDomains');
    const none = { maxAgeSeconds: 0, includeSubdomains: false };
    expect(await hstsOf({ config: { publicUrl, hsts: none } })).toBe('max-age=0');
  });

  it('is not asked for by an installation that clients reach without', async () => {
    expect(await hstsOf({ config: { publicUrl: 'http://desk.test' } })).toBeNull();
  });
});
