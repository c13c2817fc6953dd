import { randomUUID } from 'node:crypto';
import { credentialChanges, resolveSession } from '@uw-wizard/shared/contracts/asks';
import { eventually } from '@uw-wizard/testkit/eventually';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const refresh = (refresh_token: string) => world.call('POST', '/api/auth/refresh', { json: { refresh_token } });
const stands = async (session_id: string) =>
  (await world.ask(resolveSession, { tenant_id: 'demo', session_id })).active;

describe('a refresh token', () => {
  test('that was stolen ends the session of thief and owner when both have used it, and people are told', async () => {
    const { id, email, password } = await world.newUser();
    const { sessionId, refreshToken } = await world.logIn(email, password);
    const owners = await refresh(refreshToken);
    expect(owners.status).toBe(200);
    const thief = await refresh(refreshToken);
    expect([thief.status, thief.body.code]).toEqual([401, 'invalid-refresh-token']);
    expect(await stands(sessionId)).toBe(false);
    expect((await refresh(owners.body.refresh_token)).status).toBe(401);
    const facts = await world.factsOf(id);
    expect(facts.slice(2)).toEqual([
      { type: 'session.ended', data: { user_id: id, session_id: sessionId, reason: 'refresh-token-reused' } },
      {
        type: 'auth.alerted',
        data: expect.objectContaining({ severity: 'critical', code: 'refresh-token-reused' }),
      },
    ]);
    expect(await world.keeps(String(refreshToken.split('.')[1]))).toBe(false);
  });

  test('used by two at once is good for one of them, and the session ends', async () => {
    const { email, password } = await world.newUser();
    const { sessionId, refreshToken } = await world.logIn(email, password);
    const answers = await Promise.all([refresh(refreshToken), refresh(refreshToken)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    expect(await stands(sessionId)).toBe(false);
  });

  test('that was made up is refused, and ends nobody\u2019s session', async () => {
    const { email, password } = await world.newUser();
    const { sessionId, refreshToken } = await world.logIn(email, password);
    expect((await refresh(`${sessionId}.${'A'.repeat(43)}`)).body.code).toBe('invalid-refresh-token');
    expect(await stands(sessionId)).toBe(true);
    expect((await refresh(refreshToken)).status).toBe(200);
  });
});

describe('a user\u2019s sessions', () => {
  test('are listed for the user, who can end any of them', async () => {
    const { id, email, password } = await world.newUser();
    const [here, phone] = [await world.logIn(email, password), await world.logIn(email, password)];
    const list = async () => (await world.call('GET', '/api/auth/sessions', { as: here.as })).body.data;
    const listed = await list();
    expect(listed).toEqual([
      expect.objectContaining({ session_id: phone.sessionId, is_current: false, address: '192.0.2.1' }),
      expect.objectContaining({ session_id: here.sessionId, is_current: true, user_agent: 'node' }),
    ]);
    expect(JSON.stringify(listed)).not.toContain('hash');
    const end = (session: string) => world.call('DELETE', `/api/auth/sessions/${session}`, { as: here.as });
    expect((await end(phone.sessionId)).status).toBe(204);
    expect((await end(phone.sessionId)).status).toBe(204);
    expect([await stands(phone.sessionId), await stands(here.sessionId)]).toEqual([false, true]);
    expect((await list()).map((each: { session_id: string }) => each.session_id)).toEqual([here.sessionId]);
    const ends = (await world.factsOf(id)).filter(({ type }) => type === 'session.ended');
    expect(ends).toEqual([
      { type: 'session.ended', data: { user_id: id, session_id: phone.sessionId, reason: 'ended-by-owner' } },
    ]);
  });

  test('are no matter of anybody else, nor of a key', async () => {
    const [mine, theirs] = [await world.newUser(), await world.newUser()];
    const { as } = await world.logIn(mine.email, mine.password);
    const { sessionId } = await world.logIn(theirs.email, theirs.password);
    for (const session of [sessionId, randomUUID(), 'one']) {
      const answer = await world.call('DELETE', `/api/auth/sessions/${session}`, { as });
      expect([answer.status, answer.body.code]).toEqual([404, 'session-not-found']);
    }
    expect(await stands(sessionId)).toBe(true);
    const byKey = { as: world.by('admin') };
    expect((await world.call('GET', '/api/auth/sessions', byKey)).body.code).toBe('forbidden');
    expect((await world.call('DELETE', `/api/auth/sessions/${sessionId}`, byKey)).body.code).toBe('forbidden');
    expect((await world.call('GET', '/api/auth/sessions')).status).toBe(401);
  });
});

describe('the news of credentials', () => {
  const news = (since: string | null) => world.ask(credentialChanges, { since });
  const idsOf = ({ changes }: Awaited<ReturnType<typeof news>>) => changes.map((each) => each.credential_id);

  test('names whoever logged out, was disabled or may do something else, and keys that were revoked', async () => {
    const { id, email, password } = await world.newUser();
    const { as, sessionId } = await world.logIn(email, password);
    const admin = world.by('admin');
    const key = { as: admin, key: randomUUID(), json: { name: 'k', role: 'analyst' } };
    const { body: apiKey } = await world.call('POST', '/api/api-keys', key);
    let { cursor } = await news(null);
    const changesSince = async () => {
      const told = await news(cursor);
      cursor = told.cursor;
      return idsOf(told);
    };
    const changesAfter = async (method: string, path: string, more: Parameters<World['call']>[2]) => {
      expect((await world.call(method, path, more)).status).toBeLessThan(300);
      return changesSince();
    };
    expect(await changesAfter('PATCH', `/api/users/${id}`, { as: admin, json: { role: 'reviewer' } })).toContain(id);
    expect(await changesAfter('POST', '/api/auth/logout', { as })).toContain(sessionId);
    expect(await changesAfter('PATCH', `/api/users/${id}`, { as: admin, json: { disabled: true } })).toContain(id);
    expect(await changesAfter('DELETE', `/api/api-keys/${apiKey.api_key_id}`, { as: admin })).toContain(
      apiKey.api_key_id,
    );
    // Told again while any transaction of the server, in whatever database, is older: it could still bring news.
    await eventually(async () => expect(await changesSince()).toEqual([]));
  });

  test('misses none that is committed late, and names one that was made by hand', async () => {
    const [slow, quick] = [await world.newUser(), await world.newUser()];
    const client = new Client({ connectionString: world.database.ownerUrl });
    await client.connect();
    const { cursor } = await news(null);
    await client.query('BEGIN');
    await client.query(`UPDATE users SET disabled_at = now() WHERE id = '${slow.id}'`);
    await world.database.query(`UPDATE users SET disabled_at = now() WHERE id = '${quick.id}'`);
    const before = await news(cursor);
    expect(idsOf(before)).toContain(quick.id);
    expect(idsOf(before)).not.toContain(slow.id);
    await client.query('COMMIT');
    await client.end();
    expect(idsOf(await news(before.cursor))).toContain(slow.id);
  });

  test('say that nothing counts to who does not know where it was, or was at another database', async () => {
    expect(await news(null)).toMatchObject({ all: true, changes: [] });
    expect(await news('99999999999999')).toMatchObject({ all: true, changes: [] });
  });
});
