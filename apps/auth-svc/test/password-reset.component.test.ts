import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSession } from '@uw-wizard/shared/contracts/asks';
import { eventually } from '@uw-wizard/testkit/eventually';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

type Mail = { to: string; text: string };

/** A mail server of another company. */
function startMailServer() {
  const mails: Mail[] = [];
  const state = { refuses: false };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, done) => done(state.refuses ? new Error('no such mailbox') : null),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8').replaceAll('=\r\n', '').replaceAll('=3D', '=');
        mails.push({ to: session.envelope.rcptTo[0]?.address ?? '', text });
        done();
      });
    },
  });
  return new Promise<{ url: string; mails: Mail[]; state: typeof state; stop(): Promise<void> }>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      const stop = () => new Promise<void>((done) => server.close(() => done()));
      resolve({ url: `smtp://127.0.0.1:${port}`, mails, state, stop });
    });
  });
}

let mailServer: Awaited<ReturnType<typeof startMailServer>>;
let world: World;
beforeAll(async () => {
  mailServer = await startMailServer();
  world = await openWorld({
    config: {
      mail: { kind: 'smtp', url: mailServer.url, from: 'UW Wizard <no-reply@example.com>' },
      passwordResetUrl: 'https://desk.example.com/password',
    },
  });
});
afterEach(() => {
  mailServer.state.refuses = false;
});
afterAll(async () => {
  await world?.close();
  await mailServer?.stop();
});

const ask = (email: string) => world.call('POST', '/api/auth/password-reset', { json: { email } });
const confirm = (token: string, new_password: string) =>
  world.call('POST', '/api/auth/password-reset/confirm', { json: { token, new_password } });
const mailsTo = (email: string) => mailServer.mails.filter(({ to }) => to === email);

async function tokenFor(email: string): Promise<string> {
  expect((await ask(email)).status).toBe(202);
  const [mail] = await eventually(() => {
    expect(mailsTo(email).length).toBeGreaterThan(0);
    return mailsTo(email).slice(-1);
  });
  return /desk\.example\.com\/password#token=([\w-]{43})/.exec(mail?.text ?? '')?.[1] ?? '';
}

describe('whoever has lost the password', () => {
  test('gets a token by mail that gives another one, once, and ends all sessions', async () => {
    const { id, email, password } = await world.newUser();
    const { sessionId } = await world.logIn(email, password);
    const token = await tokenFor(email);
    expect(await world.keeps(token)).toBe(false);
    const weak = await confirm(token, 'password2026');
    expect([weak.status, weak.body.code]).toEqual([422, 'password-not-allowed']);
    expect((await confirm(token, 'a kettle of green fish')).status).toBe(204);
    expect((await world.logIn(email, 'a kettle of green fish')).answer.status).toBe(200);
    expect((await world.logIn(email, password)).answer.status).toBe(401);
    const session = { tenant_id: 'demo', session_id: sessionId };
    expect(await world.ask(resolveSession, session)).toMatchObject({ active: false });
    const again = await confirm(token, 'two kettles of green fish');
    expect([again.status, again.body.code]).toEqual([422, 'invalid-reset-token']);
    expect(await world.factsOf(id)).toContainEqual({
      type: 'user.password_changed',
      data: { user_id: id, reason: 'reset' },
    });
  });

  test('can use a token for half an hour, and for an account that is not disabled', async () => {
    const { id, email } = await world.newUser();
    const token = await tokenFor(email);
    await world.database.query(`UPDATE password_resets SET expires_at = now() WHERE user_id = '${id}'`);
    expect((await confirm(token, 'a kettle of green fish')).body.code).toBe('invalid-reset-token');
    const other = await world.newUser();
    const good = await tokenFor(other.email);
    await world.call('PATCH', `/api/users/${other.id}`, { as: world.by('admin'), json: { disabled: true } });
    expect((await confirm(good, 'a kettle of green fish')).body.code).toBe('invalid-reset-token');
    expect((await confirm('A'.repeat(43), 'a kettle of green fish')).body.code).toBe('invalid-reset-token');
  });

  test('may also have forgotten it many times: the wait after failed logins is over', async () => {
    const { email } = await world.newUser();
    for (let time = 0; time < 11; time += 1) await world.logIn(email, 'not the password');
    const token = await tokenFor(email);
    await confirm(token, 'a kettle of green fish');
    expect((await world.logIn(email, 'a kettle of green fish')).answer.status).toBe(200);
  });

  test('gets one mail, however often it is asked for', async () => {
    const { email } = await world.newUser();
    await Promise.all(Array.from({ length: 5 }, () => ask(email.toUpperCase())));
    const next = await world.newUser();
    await tokenFor(next.email);
    expect(mailsTo(email)).toHaveLength(1);
  });
});

test('asking tells nobody whether there is an account', async () => {
  const { email } = await world.newUser();
  const disabled = await world.newUser();
  await world.call('PATCH', `/api/users/${disabled.id}`, { as: world.by('admin'), json: { disabled: true } });
  const nobody = `${randomUUID()}@example.com`;
  for (const each of [email, nobody, disabled.email]) {
    const { status, body } = await ask(each);
    expect({ status, body }).toEqual({ status: 202, body: { status: 'accepted' } });
  }
  await eventually(() => expect(mailsTo(email)).toHaveLength(1));
  const answered = "SELECT count(*)::int n FROM password_reset_requests WHERE due_at = 'infinity' AND email = ";
  for (const each of [nobody, disabled.email]) {
    await eventually(async () => expect(await world.database.query(`${answered}'${each}'`)).toEqual([{ n: 1 }]));
    expect(mailsTo(each)).toEqual([]);
  }
  expect((await ask('nobody')).body.errors[0].pointer).toBe('#/email');
});

test('a mail that the server refuses is tried again, and people are told when it never leaves', async () => {
  const { id, email } = await world.newUser();
  mailServer.state.refuses = true;
  expect((await ask(email)).status).toBe(202);
  const attempts = async () =>
    (await world.database.query(`SELECT attempts FROM password_reset_requests WHERE email = '${email}'`))[0]?.attempts;
  await eventually(async () => expect(await attempts()).toBe(1));
  await world.database.query(
    `UPDATE password_reset_requests SET attempts = 4, due_at = now() WHERE email = '${email}'`,
  );
  await eventually(
    async () =>
      expect(await world.factsOf(id)).toContainEqual({
        type: 'auth.alerted',
        data: expect.objectContaining({ code: 'mail-not-sent', severity: 'warning' }),
      }),
    { timeoutMs: 15_000 },
  );
  expect(mailsTo(email)).toEqual([]);
}, 20_000);

test('a house without a mail server puts mails into a folder that nobody else can read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'uw-mail-'));
  const trial = await openWorld({ config: { mail: { kind: 'file', folder: join(folder, 'mail') } } });
  try {
    const { email } = await trial.newUser();
    await trial.call('POST', '/api/auth/password-reset', { json: { email } });
    const [name = ''] = await eventually(async () => {
      const names = (await readdir(join(folder, 'mail'))).filter((each) => each.endsWith('.txt'));
      expect(names).toHaveLength(1);
      return names;
    });
    const path = join(folder, 'mail', name);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const token = /^[\w-]{43}$/m.exec(await readFile(path, 'utf8'))?.[0];
    const json = { token, new_password: 'a kettle of green fish' };
    expect((await trial.call('POST', '/api/auth/password-reset/confirm', { json })).status).toBe(204);
  } finally {
    await trial.close();
    await rm(folder, { recursive: true });
  }
});
