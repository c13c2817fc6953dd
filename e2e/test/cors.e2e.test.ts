import { describe, expect, test } from 'vitest';
import type { Reply } from '../flow/client.ts';
import { type HouseOfFile, houseOfFile } from './house-of-file.ts';

const listed = 'http://localhost:5173';
const unlisted = 'https://elsewhere.example';
const origins = { CORS_ORIGINS: `${listed},*` };
const strict = houseOfFile(origins);
const debugging = houseOfFile({ ...origins, DEBUG: 'true' });

const nobody = { authorization: null, 'x-tenant-id': null };

const corsHeaders = ({ headers }: Reply) => [...headers.keys()].filter((name) => name.startsWith('access-control-'));

function ask({ house }: HouseOfFile, origin: string): Promise<Reply> {
  return house.client.call('GET', '/api/intake/fields', { headers: { origin } });
}

function preflight({ house }: HouseOfFile, origin: string): Promise<Reply> {
  return house.client.call('OPTIONS', '/api/deals/start', {
    key: null,
    headers: {
      ...nobody,
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key,x-tenant-id',
    },
  });
}

describe('a page of a listed origin', () => {
  test('may call with credentials, and read what answers say about themselves', async () => {
    const { status, headers } = await ask(strict, listed);
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe(listed);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('vary')).toMatch(/\bOrigin\b/i);
    const exposed = headers.get('access-control-expose-headers')?.split(/,\s*/) ?? [];
    expect(exposed.toSorted()).toEqual(
      [
        'Content-Disposition',
        'ETag',
        'Idempotent-Replayed',
        'Location',
        'RateLimit',
        'RateLimit-Policy',
        'Retry-After',
        'X-Request-Id',
      ].toSorted(),
    );
  });

  test('may also read refusals', async () => {
    const reply = await strict.house.client.call('GET', '/api/intake/fields', {
      headers: { ...nobody, origin: listed },
    });
    expect(reply.status).toBe(401);
    expect(reply.headers.get('access-control-allow-origin')).toBe(listed);
  });

  test('is told before it calls, without a credential, that it may send what it wants to send', async () => {
    const { status, headers } = await preflight(strict, listed);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(listed);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-allow-methods')).toMatch(/\bPOST\b/);
    expect(headers.get('access-control-allow-headers')).toBe('authorization,content-type,idempotency-key,x-tenant-id');
  });
});

describe('a page of any other origin', () => {
  test('gets no CORS header, although the list has a star', async () => {
    const reply = await ask(strict, unlisted);
    expect(reply.status).toBe(200);
    expect(corsHeaders(reply)).toEqual(expect.not.arrayContaining(['access-control-allow-origin']));
    expect(corsHeaders(reply)).toEqual([]);
    expect(reply.headers.get('vary')).toMatch(/\bOrigin\b/i);
    expect((await preflight(strict, unlisted)).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('may call while the house is in debug mode, but never with credentials', async () => {
    for (const { headers } of [await ask(debugging, unlisted), await preflight(debugging, unlisted)]) {
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
    const known = await ask(debugging, listed);
    expect(known.headers.get('access-control-allow-origin')).toBe(listed);
    expect(known.headers.get('access-control-allow-credentials')).toBe('true');
  });
});
