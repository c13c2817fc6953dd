import { permissionsOf, type Role, roles } from '@uw-wizard/shared/contracts/permissions';
import { type Route, routes } from '@uw-wizard/shared/contracts/routes';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryIdempotencyStore } from '../src/idempotency/memory-store.ts';
import { type CredentialState, statesOf } from './credential-states.ts';
import { type House, keys, openHouse, tenant } from './house.ts';
import { rawCall } from './raw-call.ts';

let house: House;
/** Where every key has been revoked or has expired. */
let houseOfLate: House;
beforeAll(async () => {
  // Thousands of calls, none of which comes twice.
  const open = () => openHouse({ deps: { idempotency: createMemoryIdempotencyStore() } });
  [house, houseOfLate] = await Promise.all([open(), open()]);
});
afterAll(() => Promise.all([house.close(), houseOfLate.close()]));
beforeEach(() => {
  house.seen.length = 0;
  houseOfLate.seen.length = 0;
});

/** One way to make a call of the table: as it is, or so that it needs its further permission too. */
type Ask = { route: Route; query: string; needs: readonly string[] };

/** All that is expected of anybody is in the table: nothing below names a call. */
const asks: readonly Ask[] = routes.flatMap((route) => {
  const needs = route.allow === 'none' || route.allow === 'provider' ? [] : [route.allow];
  const plain: Ask = { route, query: '', needs };
  if (route.allowWhen === undefined) return [plain];
  const { query, equals, permission } = route.allowWhen;
  return [plain, { route, query: `?${query}=${equals}`, needs: [...needs, permission] }];
});

const content: Record<Route['body'], { type: string; body: string } | null> = {
  none: null,
  json: { type: 'application/json', body: '{}' },
  raw: { type: 'application/json', body: '{}' },
  multipart: { type: 'multipart/form-data; boundary=b', body: '--b--\r\n' },
};
const pathOf = ({ route, query }: Ask) =>
  route.path.replaceAll(/:[a-z_]+/g, '01990000-0000-7000-8000-000000000000') + query;
const isOpen = ({ route }: Ask) => route.allow === 'none' || route.allow === 'provider';

function expectedOf(ask: Ask, role: Role, { verdict }: CredentialState): string {
  if (isOpen(ask)) return '200';
  if (verdict === 'nobody') return '401 unauthenticated';
  if (verdict === 'of another tenant') return '403 tenant-mismatch';
  if (verdict === 'restricted' && !ask.route.beforePasswordChange) return '403 password-change-required';
  const granted: readonly string[] = permissionsOf[role];
  return ask.needs.every((permission) => granted.includes(permission)) ? '200' : '403 forbidden';
}

let calls = 0;
async function answerTo(at: House, ask: Ask, state: CredentialState): Promise<{ said: string; id: string }> {
  calls += 1;
  const id = `matrix-${calls}`;
  const sent = content[ask.route.body];
  const response = await fetch(`${at.baseUrl}${pathOf(ask)}`, {
    method: ask.route.method,
    headers: {
      'x-request-id': id,
      'x-tenant-id': state.tenantHeader,
      'idempotency-key': id,
      ...(state.authorization === undefined ? {} : { authorization: state.authorization }),
      ...(sent === null ? {} : { 'content-type': sent.type }),
    },
    ...(sent === null ? {} : { body: sent.body }),
  });
  const text = await response.text();
  if (response.ok) return { said: String(response.status), id };
  const challenge = response.status === 401 && !response.headers.has('www-authenticate') ? ' without a challenge' : '';
  return { said: `${response.status} ${JSON.parse(text).code}${challenge}`, id };
}

/** What differs from what the table says, for every call of it made by a caller of `role` whose credential is in `state`. */
async function differences(at: House, role: Role, state: CredentialState): Promise<string[]> {
  const answers = await Promise.all(asks.map(async (ask) => ({ ask, ...(await answerTo(at, ask, state)) })));
  const seen = new Map(at.seen.map(({ identity }) => [identity?.rid, identity]));
  return answers.flatMap(({ ask, said, id }) => {
    const expected = expectedOf(ask, role, state);
    const call = `${ask.route.method} ${pathOf(ask)} as ${role} with ${state.name}`;
    const found = said === expected ? [] : [`${call}: ${said}, not ${expected}`];
    const identity = seen.get(id);
    if (identity === undefined || identity === null) return found;
    if (expected !== '200') return [...found, `${call}: reached the service`];
    const who = `${identity.kind} ${identity.tenant ?? '-'} ${identity.role ?? '-'}`;
    const kind = state.name.includes('key') ? 'key' : 'user';
    const due =
      { none: 'anonymous - -', provider: 'provider - -' }[String(ask.route.allow)] ?? `${kind} ${tenant} ${role}`;
    return who === due ? found : [...found, `${call}: the service took it for ${who}, not ${due}`];
  });
}

describe.each(roles)('every call of the table, to a caller of the role %s', (role) => {
  it('answers as the table says, in whatever state the credential is', async () => {
    const states = await statesOf(house, role);
    const found: string[] = [];
    for (const state of states) found.push(...(await differences(house, role, state)));
    expect(found).toEqual([]);
  }, 120_000);

  it('is closed to a key that was revoked, and to one that has expired', async () => {
    const late = (name: string): CredentialState => ({
      name,
      verdict: 'nobody',
      authorization: `Bearer ${keys[role]}`,
      tenantHeader: tenant,
    });
    houseOfLate.expiredKeys.add(keys[role]);
    expect(await differences(houseOfLate, role, late('an expired key'))).toEqual([]);
    houseOfLate.revokedKeys.add(keys[role]);
    expect(await differences(houseOfLate, role, late('a revoked key'))).toEqual([]);
  });
});

const lies = [
  'X-Tenant-ID: demo',
  'X-UW-Identity: e30.e30.e30',
  'X-User-Id: root',
  'X-User-Role: admin',
  'X-User-Tenant: other',
  'X-Forwarded-For: 10.9.8.7',
  'X-Forwarded-User: root',
  'X-Forwarded-Host: elsewhere.test',
  'X-Forwarded-Proto: https',
  'X-Original-URL: /api/audit',
  'X-HTTP-Method-Override: DELETE',
  'Forwarded: for=10.9.8.7;host=elsewhere.test',
  'Connection: close, X-UW-Identity, X-Tenant-ID, Authorization, Content-Length',
  'Expect: 100-continue',
  'TE: trailers',
  'Cookie: role=admin',
];

describe('every call of the table', () => {
  it('is made by whom its credential says, whatever else its headers claim', async () => {
    const claims = asks.filter((ask) => ask.query === '');
    await Promise.all(
      claims.map((ask, at) => {
        const { type, body } = content[ask.route.body] ?? { type: 'text/plain', body: '' };
        const head = [
          `${ask.route.method} ${pathOf(ask)} HTTP/1.1`,
          'Host: gateway.test',
          `Authorization: Bearer ${keys.admin}`,
          `X-Request-Id: lie-${at}`,
          `Idempotency-Key: lie-${at}`,
          `Content-Type: ${type}`,
          `Content-Length: ${body.length}`,
          ...lies,
        ];
        return rawCall(house.baseUrl, `${head.join('\r\n')}\r\n\r\n${body}`);
      }),
    );
    const known =
      /^(x-uw-identity|x-request-id|traceparent|host|connection|content-(type|length)|transfer-encoding|user-agent|accept|cache-control|expires|pragma)$/;
    expect(house.seen.length).toBeGreaterThan(claims.length / 2);
    for (const { identity, headers, url } of house.seen) {
      const who = { kind: identity?.kind, tenant: identity?.tenant, role: identity?.role };
      const open = { kind: expect.stringMatching(/anonymous|provider/), tenant: undefined, role: undefined };
      expect(identity?.addr).toBe('127.0.0.1');
      expect([{ kind: 'key', tenant, role: 'admin' }, open], url).toContainEqual(who);
      expect(Object.keys(headers).filter((name) => !known.test(name))).toEqual([]);
    }
  });

  it('needs a permission that somebody has, unless it is for logging in or a provider signs it', () => {
    const granted: readonly string[] = permissionsOf.admin;
    for (const { route, needs } of asks) {
      const what = `${route.method} ${route.path}`;
      expect(granted, what).toEqual(expect.arrayContaining([...needs]));
      if (route.allow === 'none') expect(what).toMatch(/ \/(api\/auth|\.well-known)\//);
      if (route.allow === 'provider') expect(what).toMatch(/^POST .*\/webhook$/);
    }
  });

  it('is the only one of its method and path', () => {
    const names = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:[a-z_]+/g, ':x')}`);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });
});
