import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { createSeals } from '@uw-wizard/shared/platform/seals';
import { eventually } from '@uw-wizard/testkit/eventually';
import {
  clientId,
  clientSecret,
  type OpenidProvider,
  openOpenidProvider,
  type Person,
} from '@uw-wizard/testkit/openid-provider';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import type { OidcConfig } from '../src/oidc-config.ts';
import { openWorld, tenant, type World } from './world.ts';

const redirectUrl = 'http://house.test/api/auth/oidc/callback';
const sealingKey = randomBytes(32);
const strict = { createUsers: true, linkByEmail: false };
/** The service holds on to it: what a test changes counts from the next login on. */
const policy = {
  rules: {
    roleClaim: 'groups',
    roles: new Map<string, Role>([
      ['desk', 'analyst'],
      ['leads', 'reviewer'],
      ['it', 'admin'],
    ]),
    tenant: { claim: 'company' },
  },
  ...strict,
};

let provider: OpenidProvider;
let world: World;
beforeAll(async () => {
  provider = await openOpenidProvider(redirectUrl);
  const oidc: OidcConfig = {
    issuer: provider.issuer,
    clientId,
    clientSecret,
    clientAuth: 'client_secret_basic',
    scopes: 'openid email profile groups',
    hosts: [],
    redirectUrl,
    timeoutMs: 500,
    policy,
  };
  world = await openWorld({ config: { oidc, secondFactorKeys: [sealingKey] } });
});
afterEach(() => {
  provider.meddle = () => false;
  Object.assign(policy, strict);
});
afterAll(async () => {
  await world?.close();
  await provider?.close();
});

/** Somebody at the provider who has never been here. */
const somebody = (claims: Partial<Person> = {}): Person => {
  const sub = randomUUID();
  const email = `${sub}@example.com`;
  return { sub, email, email_verified: true, name: 'Ada', groups: ['desk'], company: tenant, ...claims };
};
/** One address of many: what fails is charged to a network. */
const anywhere = () =>
  ({ kind: 'anonymous', sub: 'anonymous', addr: `10.${randomInt(250)}.${randomInt(250)}.1` }) as const;

async function leave(returnTo = '/deals?q=a') {
  const path = `/api/auth/oidc/login?${new URLSearchParams({ return_to: returnTo })}`;
  const { status, headers, body } = await world.call('GET', path);
  return { status, location: headers.get('location') ?? '', loginState: String(body.login_state), body };
}
const comeBack = (back: URL | string, loginState: string | undefined, as: object = anywhere()) =>
  world.call('GET', `/api/auth/oidc/callback${typeof back === 'string' ? back : back.search}`, {
    as,
    headers: loginState === undefined ? {} : { 'x-uw-login-state': loginState },
  });
async function logIn(person: Person | null) {
  const { location, loginState } = await leave();
  return comeBack(await provider.logIn(location, person), loginState);
}

const outcomeOf = ({ status, body }: { status: number; body: { code?: string } | null }) =>
  status === 303 ? 'a session' : `${status} ${body?.code}`;
const refused = '403 oidc-login-refused';
const beginAgain = '400 oidc-login-invalid';
const count = async (text: string) =>
  Number((await world.database.query(`SELECT count(*)::int AS n FROM ${text}`))[0]?.n);
const sessions = () => count('sessions');
const usersWith = (email: unknown) => count(`users WHERE email = '${email}'`);
/** What was noted last of a login that failed. */
const expectFailure = async (what: object) => {
  const [row] = await world.database.query(
    `SELECT tenant_id, subject, envelope->'data'->>'reason' AS reason FROM outbox WHERE type = 'session.failed'
     ORDER BY created_at DESC LIMIT 1`,
  );
  expect(row).toMatchObject(what);
};

test('a provider that is away when the service starts costs the logins of that time, and nothing else', async () => {
  provider.meddle = (_req, res) => Boolean(res.writeHead(503).end());
  const { status, body } = await leave();
  expect([status, body.code]).toEqual([503, 'oidc-provider-unavailable']);
  expect((await world.newUser()).id).not.toBe('undefined');
  provider.meddle = () => false;
  expect(outcomeOf(await logIn(somebody()))).toBe('a session');
});

describe('whoever the provider lets in', () => {
  it('gets an account, with the role and in the tenant that the claims say, and a session like any other', async () => {
    const person = somebody({ groups: ['leads', 'canteen'], name: 'Ada Lovelace' });
    const { status, headers, body } = await logIn(person);
    expect([status, headers.get('location')]).toEqual([303, '/deals?q=a']);
    expect(body.user).toMatchObject({ email: person.email, name: 'Ada Lovelace', role: 'reviewer', tenant_id: tenant });
    expect(await world.factsOf(body.user.user_id)).toMatchObject([
      { type: 'user.created', data: { role: 'reviewer' } },
      { type: 'session.started' },
    ]);
    const refresh = (refresh_token: unknown) => world.call('POST', '/api/auth/refresh', { json: { refresh_token } });
    expect((await refresh(body.refresh_token)).status).toBe(200);
    expect((await refresh(body.refresh_token)).body.code).toBe('invalid-refresh-token');
    await eventually(async () => {
      const rows = await world.database.query(
        `SELECT action, actor_kind FROM audit_log WHERE entity_id = '${body.user.user_id}' OR actor_id = '${body.user.user_id}'`,
      );
      expect(rows).toContainEqual({ action: 'user.created', actor_kind: 'house' });
      expect(rows).toContainEqual({ action: 'user.linked', actor_kind: 'house' });
      expect(rows).toContainEqual({ action: 'session.started', actor_kind: 'user' });
    });
  });

  it('leaves nothing of the provider behind but who is whom', async () => {
    const { location, loginState } = await leave();
    const back = await provider.logIn(location, somebody());
    await comeBack(back, loginState);
    for (const secret of [back.searchParams.get('code'), new URL(location).searchParams.get('nonce')]) {
      expect(secret).toMatch(/.{20}/);
      expect(await world.keeps(String(secret))).toBe(false);
    }
  });

  it('is the same user at the next login, whatever the e-mail address is by then, with the role of that day', async () => {
    const person = somebody({ groups: ['it'] });
    const first = await logIn(person);
    const changes = () => count(`credential_changes WHERE credential_id = '${first.body.user.user_id}'`);
    const before = await changes();
    const lowered = await logIn({ ...person, email: `${randomUUID()}@example.com`, groups: ['desk'] });
    expect(lowered.body.user).toEqual({ ...first.body.user, role: 'analyst', permissions: expect.any(Array) });
    expect(await changes()).toBeGreaterThan(before);
    expect(await world.factsOf(first.body.user.user_id)).toContainEqual(
      expect.objectContaining({ type: 'user.role_changed', data: expect.objectContaining({ to: 'analyst' }) }),
    );
  });

  it('gets one account when two of its logins end at the same moment', async () => {
    const person = somebody();
    const both = await Promise.all([logIn(person), logIn(person)]);
    expect(both.map(outcomeOf)).toEqual(['a session', 'a session']);
    expect(both[0]?.body.user).toEqual(both[1]?.body.user);
    expect(await usersWith(person.email)).toBe(1);
  });

  it('has no password: none opens the account, and none is sent by mail', async () => {
    const { email } = somebody();
    await logIn(somebody({ email }));
    for (const password of ['', ' ', 'null', 'nobody has this password'])
      expect((await world.logIn(String(email), password || 'x')).answer.body.code).toBe('invalid-credentials');
    await world.call('POST', '/api/auth/password-reset', { json: { email } });
    await eventually(async () =>
      expect(await count(`password_reset_requests WHERE email = '${email}' AND due_at = 'infinity'`)).toBe(1),
    );
    expect(await count(`password_resets JOIN users ON users.id = user_id WHERE email = '${email}'`)).toBe(0);
  });
});

describe('nobody is let in', () => {
  it.each([
    ['with a claim that maps to no role', { groups: ['canteen'] }, 'role-unmapped', tenant],
    ['without the claim', { groups: undefined }, 'role-unmapped', tenant],
    ['into a tenant that there is not', { company: 'nowhere' }, 'tenant-unknown', tenant],
    ['without a tenant', { company: undefined }, 'tenant-unknown', tenant],
    ['into what is no name of a tenant', { company: "x'; --" }, 'tenant-unknown', tenant],
    ['without an e-mail address', { email: undefined }, 'email-missing', tenant],
    ['with an address that the provider says is unproven', { email_verified: false }, 'email-missing', tenant],
    ["with somebody else's address", { email: 'admin@example.com' }, 'email-taken', tenant],
  ] as const)('%s', async (_what, claims, reason, inLogOf) => {
    const person = somebody(claims);
    const before = [await sessions(), await count('users'), await count('oidc_accounts')];
    expect(outcomeOf(await logIn(person))).toBe(refused);
    expect([await sessions(), await count('users'), await count('oidc_accounts')]).toEqual(before);
    await expectFailure({ reason, tenant_id: inLogOf, subject: 'unknown' });
  });

  it('who was disabled, though the provider lets them in', async () => {
    const person = somebody({ groups: ['it'] });
    const { user } = (await logIn(person)).body;
    const change = { as: world.by('admin'), json: { disabled: true }, key: randomUUID() };
    expect((await world.call('PATCH', `/api/users/${user.user_id}`, change)).status).toBe(200);
    const before = await sessions();
    expect(outcomeOf(await logIn({ ...person, groups: ['desk'] }))).toBe(refused);
    expect(await sessions()).toBe(before);
    await expectFailure({ reason: 'user-disabled', subject: user.user_id });
    await eventually(async () =>
      expect(
        await world.database.query(
          `SELECT after->>'reason' AS reason, address FROM audit_log WHERE entity_id = '${user.user_id}' AND action = 'session.failed'`,
        ),
      ).toEqual([{ reason: 'user-disabled', address: expect.stringMatching(/^10\./) }]),
    );
    expect(await count(`users WHERE id = '${user.user_id}' AND role = 'admin' AND disabled_at IS NOT NULL`)).toBe(1);
  });

  it('into another tenant than the one of the account, whatever the claims say later', async () => {
    await world.makeTenant('acme');
    const person = somebody();
    expect(outcomeOf(await logIn(person))).toBe('a session');
    expect(outcomeOf(await logIn({ ...person, company: 'acme' }))).toBe(refused);
    await expectFailure({ reason: 'email-taken', tenant_id: 'acme' });
    expect(outcomeOf(await logIn({ ...person, company: 'acme', email: `${randomUUID()}@example.com` }))).toBe(refused);
    await expectFailure({ reason: 'linked-otherwise', tenant_id: 'acme' });
  });

  it('who has no account, where none are made', async () => {
    policy.createUsers = false;
    expect(outcomeOf(await logIn(somebody()))).toBe(refused);
    await expectFailure({ reason: 'account-missing' });
  });

  it('who says no at the provider', async () => {
    expect(outcomeOf(await logIn(null))).toBe(refused);
    await expectFailure({ reason: 'oidc-login-refused' });
  });
});

describe('an account that there is', () => {
  it('is found by a verified e-mail address only where that is wanted, and by no second account of the provider', async () => {
    const { email, id } = await world.newUser('reviewer');
    expect(outcomeOf(await logIn(somebody({ email })))).toBe(refused);
    policy.linkByEmail = true;
    for (const email_verified of [false, undefined]) {
      expect(outcomeOf(await logIn(somebody({ email, email_verified })))).toBe(refused);
      await expectFailure({ reason: 'email-taken' });
    }
    const owner = somebody({ email, groups: ['leads'] });
    expect((await logIn(owner)).body.user.user_id).toBe(id);
    expect(outcomeOf(await logIn(somebody({ email })))).toBe(refused);
    await expectFailure({ reason: 'linked-otherwise', subject: id });
    policy.linkByEmail = false;
    expect((await logIn(owner)).body.user.user_id).toBe(id);
  });

  it('of another tenant is not', async () => {
    policy.linkByEmail = true;
    await world.makeTenant('other');
    const { email } = await world.newUser('analyst', 'other');
    expect(outcomeOf(await logIn(somebody({ email })))).toBe(refused);
  });
});

describe('a login counts', () => {
  it('in the browser that began it, within ten minutes', async () => {
    const [ours, theirs] = [await leave(), await leave()];
    const back = await provider.logIn(ours.location, somebody());
    const before = await sessions();
    const old = createSeals([sealingKey]).seal(
      JSON.stringify({
        state: back.searchParams.get('state'),
        nonce: '',
        codeVerifier: '',
        returnTo: '/',
        until: Date.now(),
      }),
      'oidc login',
    );
    const damaged = `${ours.loginState.slice(0, -2)}AA`;
    for (const kept of [undefined, '', 'x', theirs.loginState, damaged, old]) {
      expect(outcomeOf(await comeBack(back, kept))).toBe(beginAgain);
      await expectFailure({ reason: 'oidc-login-invalid' });
    }
    expect(await sessions()).toBe(before);
    expect(outcomeOf(await comeBack(back, ours.loginState))).toBe('a session');
  });

  it('once: a code that was used opens nothing more', async () => {
    const { location, loginState } = await leave();
    const back = await provider.logIn(location, somebody());
    expect(outcomeOf(await comeBack(back, loginState))).toBe('a session');
    const before = await sessions();
    expect(outcomeOf(await comeBack(back, loginState))).toBe(beginAgain);
    expect(await sessions()).toBe(before);
  });

  it('with a code that was asked for in the same login (PKCE)', async () => {
    const [ours, theirs] = [await leave(), await leave()];
    const back = await provider.logIn(ours.location, somebody());
    const stolen = await provider.logIn(theirs.location, somebody());
    back.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    expect(outcomeOf(await comeBack(back, ours.loginState))).toBe(beginAgain);
  });

  it.each([
    ['without a code', (search: URLSearchParams) => search.delete('code')],
    ['without a state', (search: URLSearchParams) => search.delete('state')],
    ['with two states', (search: URLSearchParams) => search.append('state', search.get('state') ?? '')],
    ['with another state', (search: URLSearchParams) => search.set('state', 'x'.repeat(43))],
    ['with two codes', (search: URLSearchParams) => search.append('code', 'x')],
    ['with a code that the provider never gave', (search: URLSearchParams) => search.set('code', 'x'.repeat(43))],
    ['from another issuer', (search: URLSearchParams) => search.set('iss', 'https://evil.example')],
    ['from an issuer without a name', (search: URLSearchParams) => search.delete('iss')],
  ])('never %s', async (_what, change) => {
    const { location, loginState } = await leave();
    const back = await provider.logIn(location, somebody());
    change(back.searchParams);
    expect(outcomeOf(await comeBack(back, loginState))).toBe(beginAgain);
  });

  const unbelievable = '502 oidc-provider-failed';
  it.each([
    ['that another key has signed', {}, unbelievable, true],
    ['of another issuer', { iss: 'https://evil.example' }, unbelievable],
    ['for another client', { aud: 'another client' }, unbelievable],
    ['of an hour ago', { exp: Math.floor(Date.now() / 1_000) - 3_600 }, unbelievable],
    ['of another login (nonce)', { nonce: 'another' }, beginAgain],
    ['of no login (nonce)', { nonce: undefined }, unbelievable],
    ['about nobody', { sub: undefined }, unbelievable],
  ] as [string, object, string, boolean?][])('never by a token %s', async (_what, claims, outcome, isForged) => {
    const { location, loginState } = await leave();
    const nonce = new URL(location).searchParams.get('nonce');
    const person = somebody();
    const good = { iss: provider.issuer, aud: clientId, nonce, ...person, exp: Math.floor(Date.now() / 1_000) + 300 };
    const answerWith = async (token: object, key?: Parameters<typeof provider.sign>[1]) => {
      const id_token = await provider.sign(token as Record<string, unknown>, key);
      provider.meddle = (req, res) => {
        if (req.url !== '/token') return false;
        res.setHeader('content-type', 'application/json');
        return Boolean(res.end(JSON.stringify({ access_token: 'a', token_type: 'Bearer', id_token })));
      };
    };
    const back = await provider.logIn(location, person);
    await answerWith({ ...good, ...claims }, isForged ? provider.otherKey() : undefined);
    const before = await sessions();
    expect(outcomeOf(await comeBack(back, loginState))).toBe(outcome);
    expect(await sessions()).toBe(before);
    await answerWith(good);
    expect(outcomeOf(await comeBack(back, loginState))).toBe('a session');
  });
});

describe('a provider that does not answer as it should', () => {
  const meddleAt = (path: string, answer: (res: Parameters<typeof provider.meddle>[1]) => unknown) => {
    provider.meddle = (req, res) => {
      if (req.url !== path) return false;
      answer(res);
      return true;
    };
  };
  it.each([
    ['hangs', '/token', () => undefined, 503],
    ['hangs up', '/token', (res) => res.destroy(), 503],
    ['answers 500', '/token', (res) => res.writeHead(500).end(), 503],
    ['hangs half-way', '/me', (res) => res.writeHead(200, { 'content-type': 'application/json' }).write('{'), 503],
    ['answers with a page', '/token', (res) => res.end('<html>'), 502],
    ['answers without an end', '/token', (res) => res.end('x'.repeat(2_000_000)), 502],
    ['sends us elsewhere', '/token', (res) => res.writeHead(307, { location: `${provider.issuer}/inside` }).end(), 502],
    [
      'sends us elsewhere to ask',
      '/me',
      (res) => res.writeHead(302, { location: `${provider.issuer}/inside` }).end(),
      502,
    ],
  ] as [string, string, Parameters<typeof meddleAt>[1], number][])(
    'and %s leaves nothing half-made',
    async (_what, path, answer, status) => {
      const person = somebody();
      const { location, loginState } = await leave();
      const back = await provider.logIn(location, person);
      provider.asked.length = 0;
      meddleAt(path, answer);
      const before = await sessions();
      const response = await comeBack(back, loginState);
      expect(outcomeOf(response)).toBe(`${status} oidc-provider-${status === 503 ? 'unavailable' : 'failed'}`);
      if (status === 503) expect(response.headers.get('retry-after')).toBe('5');
      expect(provider.asked).not.toContain('/inside');
      expect([await sessions(), await usersWith(person.email)]).toEqual([before, 0]);
      provider.meddle = () => false;
      expect(outcomeOf(await logIn(person))).toBe('a session');
    },
  );
});

test.each([
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  'https://evil.example',
  'https:evil.example',
  'javascript:alert(1)',
  'evil.example',
  '/\t/evil.example',
  '/ /evil.example',
  '\t//evil.example',
  '/deals\r\nSet-Cookie: a=b',
  `/${'a'.repeat(1_000)}`,
  '',
])('a login never ends elsewhere: %j is no path of ours', async (returnTo) => {
  const { status, body } = await leave(returnTo);
  expect([status, body.code]).toEqual([422, 'validation-failed']);
  expect(body.errors).toMatchObject([{ pointer: '#/query/return_to' }]);
});

test('who tries in vain again and again must wait, also for a login that is good', async () => {
  const as = { kind: 'anonymous', sub: 'anonymous', addr: '203.0.113.9' };
  const codes = new Set<string>();
  for (let at = 0; at < 52; at += 1) codes.add(outcomeOf(await comeBack('?code=x&state=y', undefined, as)));
  expect([...codes]).toEqual([beginAgain, '429 rate-limited']);
  const { location, loginState } = await leave();
  const back = await provider.logIn(location, somebody());
  expect(outcomeOf(await comeBack(back, loginState, as))).toBe('429 rate-limited');
  expect(outcomeOf(await comeBack(back, loginState))).toBe('a session');
});
