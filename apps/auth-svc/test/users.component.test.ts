import { randomUUID } from 'node:crypto';
import { resolveSession } from '@uw-wizard/shared/contracts/asks';
import { eventually } from '@uw-wizard/testkit/eventually';
import argon2 from 'argon2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adminEmail, adminPassword, openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const admin = () => world.by('admin');
const create = (json: object, key = randomUUID()) => world.call('POST', '/api/users', { as: admin(), json, key });
const change = (id: string, json: object, as = admin()) => world.call('PATCH', `/api/users/${id}`, { as, json });
const invented = () => ({ email: `${randomUUID()}@example.com`, name: 'Rita Reviewer', role: 'reviewer' });

describe('a new user', () => {
  test('gets a temporary password that is told once, and opens nothing until it is changed', async () => {
    const key = randomUUID();
    const user = invented();
    const { status, body, headers } = await create(user, key);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/users/${body.user_id}`);
    expect(body).toMatchObject({ ...user, disabled: false, must_change_password: true });
    expect(body.temporary_password).toMatch(/^[\w-]{20}$/);

    const repeat = await create(user, key);
    expect(repeat.headers.get('idempotent-replayed')).toBe('true');
    expect(repeat.headers.get('idempotent-secret')).toBe('true');
    expect(repeat.body).toEqual({ ...body, temporary_password: null });
    expect(await world.keeps(body.temporary_password)).toBe(false);

    const { answer, as, sessionId } = await world.logIn(user.email, body.temporary_password);
    expect(answer.body.user.must_change_password).toBe(true);
    const session = { tenant_id: 'demo', session_id: sessionId };
    expect(await world.ask(resolveSession, session)).toEqual({
      active: true,
      role: 'reviewer',
      must_change_password: true,
    });
    const restricted = { ...as, must_change_password: true as const };
    const me = await world.call('GET', '/api/auth/me', { as: restricted });
    expect([me.status, me.body.code]).toEqual([403, 'password-change-required']);
    const passwords = { current_password: body.temporary_password, new_password: 'seven plums on a plate' };
    const changed = await world.call('POST', '/api/auth/password', { as: restricted, json: passwords });
    expect(changed.status).toBe(204);
    expect(await world.ask(resolveSession, session)).toMatchObject({ active: true, must_change_password: false });
    expect((await world.logIn(user.email, body.temporary_password)).answer.status).toBe(401);
    expect((await world.logIn(user.email, 'seven plums on a plate')).answer.status).toBe(200);
  });

  test('leaves no answer that can be read, and of a request with a password nothing to try passwords on', async () => {
    const key = randomUUID();
    const user = { ...invented(), password: 'a kettle of green fish' };
    const { body } = await create(user, key);
    const [kept] = await world.database.query<{ fingerprint: string; body: string }>(
      'SELECT fingerprint, body FROM idempotency WHERE key = $1',
      [key],
    );
    // Under the name of a key each, not the bare hash of the request.
    expect(kept?.fingerprint).toMatch(/^[0-9a-f]{8}\.[0-9a-f]{64}$/);
    expect(kept?.body).toMatch(/^v1\./);
    expect((await create(user, key)).body).toEqual(body);
    const other = await create({ ...user, password: 'a kettle of blue fish' }, key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
  });

  test('may be given a password, to be changed or not', async () => {
    const password = 'a kettle of green fish';
    const kept = await create({ ...invented(), password });
    expect(kept.body).not.toHaveProperty('temporary_password');
    expect(kept.body.must_change_password).toBe(false);
    const temporary = await create({ ...invented(), password, must_change: true });
    expect(temporary.body.must_change_password).toBe(true);
    expect(await world.keeps(password)).toBe(false);
  });

  test('is announced and in the audit log, under the id of whoever made it', async () => {
    const { body } = await create(invented());
    expect(await world.factsOf(body.user_id)).toEqual([
      { type: 'user.created', data: { user_id: body.user_id, role: 'reviewer' } },
    ]);
    await eventually(async () => {
      const rows = await world.database.query(
        `SELECT action, actor_kind, actor_id, address FROM audit_log WHERE entity_id = '${body.user_id}'`,
      );
      const who = { actor_kind: 'key', actor_id: admin().sub, address: '192.0.2.1' };
      expect(rows).toEqual([{ action: 'user.created', ...who }]);
    });
  });

  test('cannot have the e-mail address of another one, in any letter case or tenant', async () => {
    const user = invented();
    await create(user);
    const again = await create({ ...user, email: ` ${user.email.toUpperCase()}` });
    expect([again.status, again.body.code]).toEqual([409, 'email-taken']);
    const elsewhere = { as: world.by('admin', 'other'), json: user, key: randomUUID() };
    await world.makeTenant('other');
    expect((await world.call('POST', '/api/users', elsewhere)).body.code).toBe('email-taken');
  });

  test('is refused with the members at fault, and nobody is made', async () => {
    const email = `${randomUUID()}@example.com`;
    const { status, body } = await create({ email: 'nobody', name: ' ', role: 'owner', is_admin: true });
    expect(status).toBe(422);
    const pointers = body.errors.map((each: { pointer: string }) => each.pointer);
    expect(pointers).toEqual(expect.arrayContaining(['#/email', '#/name', '#/role', '#/is_admin']));
    const weak = await create({ email, name: 'N', role: 'analyst', password: 'Sunshine2026' });
    expect([weak.status, weak.body.code, weak.body.errors[0].pointer]).toEqual([
      422,
      'password-not-allowed',
      '#/password',
    ]);
    expect((await world.logIn(email, 'Sunshine2026')).answer.status).toBe(401);
  });
});

describe('the list of users', () => {
  test('shows those of the tenant in pages, newest first, and nothing of their passwords', async () => {
    for (let made = 0; made < 3; made += 1) await create(invented());
    const first = await world.call('GET', '/api/users?limit=2', { as: admin() });
    expect(first.status).toBe(200);
    expect(first.body.data).toHaveLength(2);
    expect(first.body.has_more).toBe(true);
    const next = await world.call('GET', `/api/users?limit=2&cursor=${first.body.next_cursor}`, { as: admin() });
    const ids = [...first.body.data, ...next.body.data].map(({ user_id }) => user_id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(JSON.stringify(first.body)).not.toMatch(/hash|argon2|temporary_password/);
    const elsewhere = await world.call('GET', '/api/users', { as: world.by('admin', 'nobodys') });
    expect(elsewhere.body).toEqual({ data: [], next_cursor: null, has_more: false });
    expect((await world.call('GET', '/api/users?limit=0', { as: admin() })).status).toBe(422);
  });

  test('is for admins alone', async () => {
    const { id } = await world.newUser();
    for (const role of ['reviewer', 'analyst'] as const) {
      const as = world.by(role);
      const answers = [
        await world.call('GET', '/api/users', { as }),
        await world.call('GET', `/api/users/${id}`, { as }),
        await world.call('POST', '/api/users', { as, json: invented() }),
        await change(id, { role: 'admin' }, as),
      ];
      expect(answers.map(({ body }) => body.code)).toEqual(Array(4).fill('forbidden'));
    }
    expect((await world.call('GET', '/api/users')).status).toBe(401);
  });

  test('has nobody of another tenant: there is no such user', async () => {
    const { id } = await world.newUser();
    const as = world.by('admin', 'other');
    for (const path of [`/api/users/${id}`, `/api/users/${randomUUID()}`, '/api/users/one']) {
      const read = await world.call('GET', path, { as });
      expect([read.status, read.body.code]).toEqual([404, 'user-not-found']);
      const changed = await world.call('PATCH', path, { as, json: { disabled: true } });
      expect([changed.status, changed.body.code]).toEqual([404, 'user-not-found']);
    }
    expect((await world.call('GET', `/api/users/${id}`, { as: admin() })).body).toMatchObject({ disabled: false });
  });
});

describe('a change by an admin', () => {
  test('disables a user: sessions end for good, no login, until the user is enabled again', async () => {
    const { id, email, password } = await world.newUser();
    const { sessionId, refreshToken } = await world.logIn(email, password);
    const { body } = await change(id, { disabled: true });
    expect(body).toMatchObject({ disabled: true, disabled_at: expect.any(String) });
    expect(await world.ask(resolveSession, { tenant_id: 'demo', session_id: sessionId })).toMatchObject({
      active: false,
    });
    expect((await world.logIn(email, password)).answer.body.code).toBe('invalid-credentials');
    await change(id, { disabled: false });
    expect((await world.logIn(email, password)).answer.status).toBe(200);
    const renewed = await world.call('POST', '/api/auth/refresh', { json: { refresh_token: refreshToken } });
    expect(renewed.status).toBe(401);
    const types = (await world.factsOf(id)).map(({ type }) => type);
    expect(types).toEqual([
      'user.created',
      'session.started',
      'user.disabled',
      'session.ended',
      'session.failed',
      'user.enabled',
      'session.started',
    ]);
  });

  test('gives another role, which sessions have from then on; said again it announces nothing', async () => {
    const { id, email, password } = await world.newUser('reviewer');
    const { sessionId } = await world.logIn(email, password);
    for (let time = 0; time < 2; time += 1) {
      expect((await change(id, { role: 'analyst', name: 'Ada' })).body).toMatchObject({ role: 'analyst', name: 'Ada' });
    }
    const session = { tenant_id: 'demo', session_id: sessionId };
    expect(await world.ask(resolveSession, session)).toMatchObject({ active: true, role: 'analyst' });
    const facts = await world.factsOf(id);
    expect(facts.filter(({ type }) => type === 'user.role_changed')).toEqual([
      { type: 'user.role_changed', data: { user_id: id, from: 'reviewer', to: 'analyst' } },
    ]);
  });

  test('gives a new temporary password, which ends what the old one began', async () => {
    const { id, email, password } = await world.newUser();
    const { sessionId } = await world.logIn(email, password);
    const { body } = await change(id, { new_temporary_password: true });
    expect(body).toMatchObject({ must_change_password: true, temporary_password: expect.any(String) });
    const session = { tenant_id: 'demo', session_id: sessionId };
    expect(await world.ask(resolveSession, session)).toMatchObject({ active: false });
    expect((await world.logIn(email, password)).answer.status).toBe(401);
    expect((await world.logIn(email, body.temporary_password)).answer.status).toBe(200);
    expect(await world.keeps(body.temporary_password)).toBe(false);
  });

  test('of what nobody may write is refused', async () => {
    const { id } = await world.newUser();
    const { status, body } = await change(id, { email: 'other@example.com', created_at: '2026-01-01T00:00:00Z' });
    expect(status).toBe(422);
    expect(body.errors.map((each: { pointer: string }) => each.pointer)).toEqual(['#/email', '#/created_at']);
  });

  test('leaves somebody who can let others in, also when two admins turn on each other', async () => {
    const own = 'a-tenant-of-two';
    await world.makeTenant(own);
    const [one, two] = [await world.newUser('admin', own), await world.newUser('admin', own)];
    const as = world.by('admin', own);
    const answers = await Promise.all([
      change(one.id, { disabled: true }, as),
      change(two.id, { role: 'reviewer' }, as),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('last-admin');
    const rows = await world.database.query(
      `SELECT count(*)::int n FROM users WHERE tenant_id = '${own}' AND role = 'admin' AND disabled_at IS NULL`,
    );
    expect(rows).toEqual([{ n: 1 }]);
  });
});

describe('one\u2019s own password', () => {
  test('is changed by whoever knows it, and ends all sessions but this one', async () => {
    const { id, email, password } = await world.newUser();
    const [here, elsewhere] = [await world.logIn(email, password), await world.logIn(email, password)];
    const change = (current_password: string, new_password: string) =>
      world.call('POST', '/api/auth/password', { as: here.as, json: { current_password, new_password } });
    const wrong = await change('not the one at all', 'a kettle of green fish');
    expect([wrong.status, wrong.body.code]).toEqual([422, 'current-password-wrong']);
    for (const bad of ['too short', 'qwertyuiop123', email, password, 'x'.repeat(129)]) {
      expect((await change(password, bad)).body.code, bad).toBe('password-not-allowed');
    }
    expect((await change(password, 'a kettle of green fish')).status).toBe(204);
    const standing = async (sessionId: string) =>
      (await world.ask(resolveSession, { tenant_id: 'demo', session_id: sessionId })).active;
    expect([await standing(here.sessionId), await standing(elsewhere.sessionId)]).toEqual([true, false]);
    expect((await world.logIn(email, 'a kettle of green fish')).answer.status).toBe(200);
    expect(await world.factsOf(id)).toContainEqual({
      type: 'user.password_changed',
      data: { user_id: id, reason: 'changed' },
    });
    expect(await world.keeps('green fish')).toBe(false);
  });

  test('is no matter of a key, nor of nobody', async () => {
    const json = { current_password: 'a', new_password: 'b' };
    expect((await world.call('POST', '/api/auth/password', { as: admin(), json })).body.code).toBe('forbidden');
    expect((await world.call('POST', '/api/auth/password', { json })).status).toBe(401);
  });

  test('is hashed anew at the next login when it was hashed with less work than today', async () => {
    const { id, email, password } = await world.newUser();
    const old = await argon2.hash(password, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await world.database.query(`UPDATE users SET password_hash = '${old}' WHERE id = '${id}'`);
    expect((await world.logIn(email, password)).answer.status).toBe(200);
    const [row] = await world.database.query(`SELECT password_hash FROM users WHERE id = '${id}'`);
    expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2|^\$argon2id\$v=19\$m=19456,t=2,p=1/);
    expect((await world.logIn(email, password)).answer.status).toBe(200);
  });

  test('may be typed in any of the forms that Unicode has for it', async () => {
    const { id } = await world.newUser();
    const composed = 'caf\u00e9 au lait in Lyon';
    const email = `${randomUUID()}@example.com`;
    await create({ email, name: id, role: 'analyst', password: composed });
    expect((await world.logIn(email, composed.normalize('NFD'))).answer.status).toBe(200);
  });
});

test('the first admin logs in with the password that was given at the start', async () => {
  expect((await world.logIn(adminEmail, adminPassword)).answer.body.user).toMatchObject({
    role: 'admin',
    must_change_password: false,
  });
});
