import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const anyAddress = () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`;
const attempt = (email: string, password = 'not the password', addr = anyAddress()) =>
  world.call('POST', '/api/auth/login', { json: { email, password }, as: { kind: 'anonymous', sub: '-', addr } });

async function fail(email: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) expect((await attempt(email)).status).toBe(401);
}

/** Lets the wait be over. */
const waitIsOver = () => world.database.query("UPDATE login_failures SET blocked_until = now() - interval '1 s'");

describe('an account at which ten attempts have failed', () => {
  test('is tried no more until a wait is over that grows with each further one, also with the right password', async () => {
    const { email, password } = await world.newUser();
    await fail(email, 10);
    const waits: number[] = [];
    for (let time = 0; time < 4; time += 1) {
      const refused = await attempt(email.toUpperCase(), password);
      expect([refused.status, refused.body.code]).toEqual([429, 'rate-limited']);
      waits.push(Number(refused.headers.get('retry-after')));
      await waitIsOver();
      await fail(email, 1);
    }
    expect(waits).toEqual([1, 2, 4, 8]);
    await waitIsOver();
    expect((await attempt(email, password)).status).toBe(200);
    await fail(email, 9);
    expect((await attempt(email, password)).status).toBe(200);
  });

  test('gets the same answers whether or not there is one', async () => {
    const { email } = await world.newUser();
    const nobody = `${randomUUID()}@example.com`;
    for (let time = 0; time < 12; time += 1) {
      const [known, unknown] = [await attempt(email), await attempt(nobody)];
      expect(unknown.status).toBe(known.status);
      const { request_id: one, ...said } = known.body;
      const { request_id: other, ...saidToo } = unknown.body;
      expect(one).not.toBe(other);
      expect(saidToo).toEqual(said);
    }
    expect(await world.keeps(nobody)).toBe(false);
  });

  test('lets no more through when many come at once', async () => {
    const email = `${randomUUID()}@example.com`;
    const answers = await Promise.all(Array.from({ length: 30 }, () => attempt(email)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
  });

  test('is not found out by whoever has a token of it', async () => {
    const { email, password } = await world.newUser();
    const { as } = await world.logIn(email, password);
    const json = { current_password: 'not the password', new_password: 'a kettle of green fish' };
    const change = () => world.call('POST', '/api/auth/password', { as, json });
    for (let time = 0; time < 10; time += 1) expect((await change()).body.code).toBe('current-password-wrong');
    expect((await change()).body.code).toBe('rate-limited');
  });
});

test('a network from which fifty attempts have failed waits, whatever account it tries; others do not', async () => {
  const { email, password } = await world.newUser();
  const from = (last: string) => `2001:db8:1:2:${last}`;
  for (let time = 0; time < 50; time += 1) await attempt(`${randomUUID()}@example.com`, 'x', from(`0:0:0:${time}`));
  const refused = await attempt(email, password, from(':ffff'));
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect((await attempt(email, password, '2001:db8:1:3::1')).status).toBe(200);
  // An hour goes by.
  await world.database.query("UPDATE login_failures SET last_at = last_at - interval '1 h', blocked_until = now()");
  for (let time = 0; time < 2; time += 1) {
    expect((await attempt(`${randomUUID()}@example.com`, 'x', from(':1'))).status).toBe(401);
  }
}, 30_000);

test('more logins at once than can be checked soon are told to try again, and the rest get in', async () => {
  const users = await Promise.all(Array.from({ length: 3 }, () => world.newUser()));
  const crowd = Array.from({ length: 200 }, (_, at) => users[at % users.length] ?? { email: '', password: '' });
  const answers = await Promise.all(
    crowd.map(({ email, password }, at) => (at < 3 ? attempt(email, password) : attempt(`${at}@example.com`))),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(50);
  expect(refused.every(({ headers }) => headers.get('retry-after') === '1')).toBe(true);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
}, 30_000);
