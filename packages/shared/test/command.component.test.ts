import { createHash } from 'node:crypto';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { routes } from '../src/contracts/routes.ts';
import { DomainError } from '../src/errors.ts';
import { commitCommand } from '../src/platform/command.ts';
import type { Database, SqlTx } from '../src/platform/database.ts';
import { createHttpApp, type Handlers, runCommand } from '../src/platform/http-app.ts';
import { createIdentityVerifier } from '../src/platform/identity.ts';
import { keptLog } from './kept-log.ts';
import { createPlatformDatabase, effects, type PlatformDatabase } from './platform-database.ts';

const path = '/api/sms/cherry/send';
const refs: string[] = [];
let db: PlatformDatabase;
let served: Awaited<ReturnType<typeof serve>>;
let header: (identity: {
  tenant?: string;
  sub?: string;
  key?: string;
  body: string;
}) => Promise<Record<string, string>>;

type Way = { database: () => Pick<Database<SqlTx>, 'pool' | 'withTenant' | 'answerSeals'>; allItDoes: boolean };

/** How a command is run: asked for its answer first, or sent into its commit. */
const ways: [string, Way][] = [
  ['a call that looks first', { database: () => db.database, allItDoes: false }],
  ['a call whose commit is all it does', { database: () => db.database.plain, allItDoes: true }],
];
let way: Way;

/**
 * Writes what the body says; `refuse` and `fail` undo it; `secret` is shown once; `empty` answers 204. `only` is refused
 * when it is there, before anything is written; of `one` there can be no second in the table.
 */
const handlers: Handlers = {
  ...Object.fromEntries(
    routes
      .filter(({ service }) => service === 'sms-svc')
      .map(({ method, path }) => [`${method} ${path}`, () => undefined]),
  ),
  [`POST ${path}`]: (req, res) =>
    runCommand<SqlTx, string>(
      req,
      res,
      {
        database: way.database(),
        allItDoes: way.allItDoes,
        show: (what) => {
          if (what === 'empty') return { status: 204, body: undefined };
          const body = { zeta: what, alpha: 'ü', secret: null as string | null };
          return what === 'secret'
            ? { status: 201, headers: { Location: '/x' }, body: { ...body, secret: 's3cret' }, replayBody: body }
            : { body };
        },
      },
      async (command) => {
        refs.push(command.ref);
        const what = String(req.body.what);
        const refusal = new DomainError({ code: 'no', status: 409, title: 'No' }, 'No.');
        if (what === 'only' && (await effects(db)).includes(what)) throw refusal;
        const { answer } = await commitCommand(way.database(), command, async (tx) => {
          if (what === 'one') await tx.$executeRaw`INSERT INTO effect (n, what) VALUES (1000000, ${what})`;
          else await tx.$executeRaw`INSERT INTO effect (what) VALUES (${what})`;
          if (what === 'refuse') throw refusal;
          if (what === 'fail') throw new Error('broken');
          return what;
        });
        return answer;
      },
    ),
};

beforeAll(async () => {
  db = await createPlatformDatabase();
  const identities = await createTestIdentities();
  served = await serve(
    createHttpApp({
      service: 'sms-svc',
      handlers,
      verifyIdentity: createIdentityVerifier([identities.publicKeyPem], 'sms-svc'),
      health: { report: async () => ({ status: 'ready', checks: {} }) },
      log: keptLog().log,
      problemBase: 'https://uw.example/problems',
    }),
  );
  header = ({ tenant = 't1', sub = 'u1', key, body }) =>
    identities.header('sms-svc', {
      kind: 'user',
      role: 'analyst',
      tenant,
      sub,
      rid: 'r1',
      ...(key === undefined ? {} : { key, fp: createHash('sha256').update(body).digest('hex') }),
    });
});
afterAll(async () => {
  await served.stop();
  await db.drop();
});
beforeEach(async () => {
  refs.length = 0;
  await db.query('TRUNCATE effect, idempotency');
});

async function post(what: string, options: { key?: string; tenant?: string; sub?: string } = {}) {
  const body = JSON.stringify({ what });
  const response = await fetch(served.baseUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(await header({ ...options, body })) },
    body,
  });
  return {
    status: response.status,
    replayed: response.headers.get('idempotent-replayed'),
    secret: response.headers.get('idempotent-secret'),
    location: response.headers.get('location'),
    type: response.headers.get('content-type'),
    text: await response.text(),
  };
}

describe.each(ways)('%s', (_name, each) => {
  beforeEach(() => {
    way = each;
  });

  test('a repeat has one effect and the first answer, byte for byte, and says that it is a repeat', async () => {
    const first = await post('a', { key: 'k' });
    const repeat = await post('a', { key: 'k' });
    expect(first).toMatchObject({ status: 200, replayed: null, text: '{"zeta":"a","alpha":"ü","secret":null}' });
    expect(repeat).toEqual({ ...first, replayed: 'true' });
    expect(await effects(db)).toEqual(['a']);
  });

  test('twenty at once with one key have one effect and one answer', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('a', { key: 'k' })));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1);
    expect(await effects(db)).toEqual(['a']);
    expect(new Set(refs).size).toBe(1);
  });

  test('the same key with another request is refused and has no effect', async () => {
    await post('a', { key: 'k' });
    const other = await post('b', { key: 'k' });
    expect(other.status).toBe(422);
    expect(JSON.parse(other.text)).toMatchObject({ code: 'idempotency-key-reused' });
    expect(await effects(db)).toEqual(['a']);
  });

  test('one key at two tenants, or of two callers, is two keys', async () => {
    for (const who of [{}, { tenant: 't2' }, { sub: 'u2' }]) {
      expect((await post('a', { key: 'k', ...who })).replayed).toBeNull();
    }
    expect(await effects(db)).toEqual(['a', 'a', 'a']);
    expect(new Set(refs).size).toBe(3);
  });

  test('without a key every call is a call of its own', async () => {
    await post('a');
    await post('a');
    expect(await effects(db)).toEqual(['a', 'a']);
    expect(new Set(refs).size).toBe(2);
  });

  test.each([
    ['refuse', 409],
    ['fail', 500],
  ])('a call that ends with "%s" leaves neither effect nor record, and is evaluated again', async (what, status) => {
    expect((await post(what, { key: 'k' })).status).toBe(status);
    expect((await post(what, { key: 'k' })).status).toBe(status);
    expect(await effects(db)).toEqual([]);
    expect(await db.query('SELECT * FROM idempotency')).toEqual([]);
    expect((await post('a', { key: 'k' })).status).toBe(200);
    expect(new Set(refs).size).toBe(1);
  });

  test('an answer that holds a secret is repeated without it, and asks the gateway to keep nothing of it', async () => {
    const first = await post('secret', { key: 'k' });
    const repeat = await post('secret', { key: 'k' });
    expect(JSON.parse(first.text)).toMatchObject({ secret: 's3cret' });
    expect([first.secret, repeat.secret, (await post('a', { key: 'l' })).secret]).toEqual(['true', 'true', null]);
    expect(repeat).toMatchObject({ status: 201, replayed: 'true', location: '/x' });
    expect(JSON.parse(repeat.text)).toEqual({ zeta: 'secret', alpha: 'ü', secret: null });
    expect(JSON.stringify(await db.query('SELECT * FROM idempotency'))).not.toContain('s3cret');
  });

  test('an answer without a body is repeated without a body', async () => {
    expect(await post('empty', { key: 'k' })).toMatchObject({ status: 204, text: '', replayed: null });
    expect(await post('empty', { key: 'k' })).toMatchObject({ status: 204, text: '', replayed: 'true' });
  });

  test('a key is free again after 24 hours', async () => {
    await post('a', { key: 'k' });
    await db.query(`UPDATE idempotency SET created_at = now() - interval '24 hours 1 second'`);
    expect(await post('b', { key: 'k' })).toMatchObject({ status: 200, replayed: null });
    expect(await post('b', { key: 'k' })).toMatchObject({ status: 200, replayed: 'true' });
    expect(await effects(db)).toEqual(['a', 'b']);
  });

  test.each(['only', 'one'])(
    'a repeat in whose way stands what the first call did (%s) gets its answer',
    async (what) => {
      const first = await post(what, { key: 'k' });
      expect(await post(what, { key: 'k' })).toEqual({ ...first, replayed: 'true' });
      expect((await post(what, { key: 'another' })).status).toBe(what === 'only' ? 409 : 500);
      expect(await effects(db)).toEqual([what]);
    },
  );
});
