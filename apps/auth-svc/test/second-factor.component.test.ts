import { randomUUID } from 'node:crypto';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Ada = Awaited<ReturnType<typeof newAda>>;

/** The code of the app now, or some steps of 30 seconds from now. */
const codeOf = (secret: string, steps = 0) =>
  generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + 30 * steps });
const wrongFor = (secret: string) =>
  ['000000', '111111', '222222', '333333'].find((code) => [-1, 0, 1].every((at) => codeOf(secret, at) !== code)) ?? '';

/** A user who has logged in. */
async function newAda() {
  const user = await world.newUser();
  const { as } = await world.logIn(user.email, user.password);
  return { ...user, as };
}
const enrol = (ada: Ada, password = ada.password) =>
  world.call('POST', '/api/auth/totp', { as: ada.as, json: { password } });
const confirm = (ada: Ada, code: string) =>
  world.call('POST', '/api/auth/totp/confirm', { as: ada.as, json: { code } });
const logIn = ({ email, password }: Ada) => world.call('POST', '/api/auth/login', { json: { email, password } });
const show = (mfa_token: string, proof: object) =>
  world.call('POST', '/api/auth/totp/login', { json: { mfa_token, ...proof } });

/** A user whose logins ask for a code, the step before the present one being used. */
async function newAdaWithApp() {
  const ada = await newAda();
  const { body } = await enrol(ada);
  const secret = String(body.secret);
  const confirmed = await confirm(ada, codeOf(secret, -1));
  return { ...ada, secret, recoveryCodes: confirmed.body.recovery_codes as string[] };
}
const mfaTokenOf = async (ada: Ada) => String((await logIn(ada)).body.mfa_token);

describe('a second factor', () => {
  test('is asked for at a login once its app has shown a code, and not before', async () => {
    const ada = await newAda();
    const enrolled = await enrol(ada);
    expect([enrolled.status, enrolled.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { secret, otpauth_url: uri } = enrolled.body;
    expect(uri).toContain(`secret=${secret}`);
    expect((await logIn(ada)).status).toBe(200);
    const wrong = await confirm(ada, wrongFor(secret));
    expect([wrong.status, wrong.body.code]).toEqual([422, 'second-factor-wrong']);
    expect((await logIn(ada)).status).toBe(200);
    const confirmed = await confirm(ada, codeOf(secret));
    expect(confirmed.status).toBe(200);
    expect(new Set(confirmed.body.recovery_codes).size).toBe(10);
    const asked = await logIn(ada);
    expect([asked.status, asked.body.code]).toEqual([401, 'mfa-required']);
    expect(JSON.stringify(asked.body)).not.toContain('access_token');
    const me = await world.call('GET', '/api/auth/me', { as: ada.as });
    expect(me.body.second_factor).toBe(true);
    const again = await enrol(ada);
    expect([again.status, again.body.code]).toEqual([409, 'second-factor-exists']);
  });

  test('lets in whoever shows password and code, and is kept encrypted, its recovery codes as hashes', async () => {
    const ada = await newAdaWithApp();
    const { status, body } = await show(await mfaTokenOf(ada), { code: codeOf(ada.secret) });
    expect(status).toBe(200);
    expect(body.user.user_id).toBe(ada.id);
    expect(body.refresh_token).toContain('.');
    expect(await world.keeps(ada.secret)).toBe(false);
    for (const code of ada.recoveryCodes) expect(await world.keeps(code)).toBe(false);
  });

  test('takes no code twice, also when two come at once, nor one from before it', async () => {
    const ada = await newAdaWithApp();
    const code = codeOf(ada.secret);
    const tokens = [await mfaTokenOf(ada), await mfaTokenOf(ada)];
    const answers = await Promise.all(tokens.map((token) => show(token, { code })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422]);
    const earlier = await show(await mfaTokenOf(ada), { code: codeOf(ada.secret, -1) });
    expect(earlier.body.code).toBe('second-factor-wrong');
    expect((await show(await mfaTokenOf(ada), { code: codeOf(ada.secret, 1) })).status).toBe(200);
  });

  test('that was lost is made up for by each recovery code once, of its own user only', async () => {
    const [ada, other] = [await newAdaWithApp(), await newAdaWithApp()];
    const [first = '', second = ''] = ada.recoveryCodes;
    const foreign = await show(await mfaTokenOf(other), { recovery_code: first });
    expect([foreign.status, foreign.body.code]).toEqual([422, 'second-factor-wrong']);
    expect((await show(await mfaTokenOf(ada), { recovery_code: first.toUpperCase() })).status).toBe(200);
    expect((await show(await mfaTokenOf(ada), { recovery_code: first })).status).toBe(422);
    expect((await show(await mfaTokenOf(ada), { recovery_code: second.replaceAll('-', ' ') })).status).toBe(200);
  });

  test('cannot be guessed by who has the password: each attempt counts, and the password does not clear the count', async () => {
    const ada = await newAdaWithApp();
    const token = await mfaTokenOf(ada);
    const answers: string[] = [];
    for (let time = 0; time < 12 && answers.at(-1) !== 'rate-limited'; time += 1) {
      const answer = await show(token, { code: wrongFor(ada.secret) });
      answers.push(String(answer.body.code));
    }
    expect(answers.at(-1)).toBe('rate-limited');
    expect((await logIn(ada)).body.code).toBe('rate-limited');
    const failed = (await world.factsOf(ada.id)).filter(({ type }) => type === 'session.failed');
    expect(failed.length).toBe(answers.length - 1);
  });

  test('is not asked for, nor told of, while the password is wrong', async () => {
    const [ada, plain] = [await newAdaWithApp(), await newAda()];
    const answers = await Promise.all([ada, plain].map((each) => logIn({ ...each, password: 'another one' })));
    for (const { status, body } of answers) {
      const { request_id, ...said } = body;
      expect([status, said]).toEqual([401, expect.objectContaining({ code: 'invalid-credentials' })]);
      expect(Object.keys(said)).toEqual(['type', 'title', 'status', 'detail', 'instance', 'code']);
    }
  });

  test('cannot be shown without a password that was shown before it and is still good', async () => {
    const ada = await newAdaWithApp();
    const token = await mfaTokenOf(ada);
    for (const made of ['x', `${token.slice(0, -3)}AAA`, token.split('.')[1] ?? '']) {
      const answer = await show(made, { code: codeOf(ada.secret) });
      expect([answer.status, answer.body.code]).toEqual([401, 'invalid-mfa-token']);
    }
    const json = { current_password: ada.password, new_password: `kettle ${randomUUID()}` };
    expect((await world.call('POST', '/api/auth/password', { as: ada.as, json })).status).toBe(204);
    expect((await show(token, { code: codeOf(ada.secret) })).body.code).toBe('invalid-mfa-token');
  });

  test('is disabled by who has both password and code, and by nobody with one of them', async () => {
    const ada = await newAdaWithApp();
    const disable = (json: object) => world.call('POST', '/api/auth/totp/disable', { as: ada.as, json });
    const { password, secret } = ada;
    expect((await disable({ password: 'another one', code: codeOf(secret) })).body.code).toBe('current-password-wrong');
    expect((await disable({ password, code: wrongFor(secret) })).body.code).toBe('second-factor-wrong');
    expect((await disable({ password })).status).toBe(422);
    expect((await logIn(ada)).body.code).toBe('mfa-required');
    expect((await disable({ password, code: codeOf(secret) })).status).toBe(204);
    expect((await logIn(ada)).status).toBe(200);
    expect((await disable({ password, code: codeOf(secret, 1) })).body.code).toBe('second-factor-missing');
  });

  test('of a user who has lost everything is taken away by an admin, who cannot do so to the own one', async () => {
    const ada = await newAdaWithApp();
    const patch = (as: Ada['as']) =>
      world.call('PATCH', `/api/users/${ada.id}`, { as, json: { reset_second_factor: true } });
    expect((await patch({ ...world.by('admin'), sub: ada.id })).body.code).toBe('forbidden');
    expect((await logIn(ada)).body.code).toBe('mfa-required');
    expect((await patch(world.by('admin'))).status).toBe(200);
    expect((await logIn(ada)).status).toBe(200);
    expect((await patch(world.by('admin', 'elsewhere'))).status).toBe(404);
  });

  test('is a user\u2019s own: no matter of a key, nor of who has not logged in, nor of who does not know the password', async () => {
    const ada = await newAda();
    for (const path of ['/api/auth/totp', '/api/auth/totp/confirm', '/api/auth/totp/disable']) {
      expect((await world.call('POST', path, { as: world.by('admin'), json: {} })).body.code).toBe('forbidden');
      expect((await world.call('POST', path, { json: {} })).status).toBe(401);
      expect((await world.call('POST', path, { as: ada.as, json: {} })).status).toBe(422);
    }
    expect((await enrol(ada, 'another one')).body.code).toBe('current-password-wrong');
    expect((await confirm(ada, '123456')).body.code).toBe('second-factor-missing');
  });
});
