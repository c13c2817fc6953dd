import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '@uw-wizard/testkit/postgres';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAccessTokens } from '../src/data/access-tokens.ts';
import { createSigningKeys } from '../src/data/signing-keys.ts';
import type { User } from '../src/domain/user.ts';
import { migrationsFolder } from '../src/service.ts';

const newKey = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const user: User = {
  id: randomUUID(),
  tenantId: 'demo',
  email: 'ada@example.com',
  name: 'Ada',
  role: 'analyst',
  passwordHash: '',
  mustChangePassword: false,
  disabledAt: null,
  createdAt: new Date(),
};

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await createTestDatabase(migrationsFolder);
  pool = new Pool({ connectionString: database.url });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** A replica of auth-svc that was given these keys, the newest first. */
async function replica(...privateKeyPems: string[]) {
  const keys = createSigningKeys(pool);
  const tokens = await createAccessTokens({ privateKeyPems, issuer: 'i', audience: 'a', keys });
  await tokens.publish();
  return tokens;
}
type Replica = Awaited<ReturnType<typeof replica>>;

const sign = (at: Replica) => at.sign(user, randomUUID());
const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const isGoodAt = async (at: Replica, token: string) => {
  const keys = createLocalJWKSet(await at.jwks());
  return jwtVerify(token, keys).then(
    () => true,
    () => false,
  );
};
const letPass = (minutes: number) =>
  database.query(`UPDATE signing_keys SET published_at = published_at - interval '${minutes} minutes',
    good_until = good_until - interval '${minutes} minutes'`);

describe('the keys of access tokens', () => {
  test('of a new installation sign at once', async () => {
    const only = await replica(newKey());
    expect(await isGoodAt(only, await sign(only))).toBe(true);
  });

  test('are changed without an interruption: the new one signs when it has been seen, the old one\u2019s tokens stay good', async () => {
    const [old, next] = [newKey(), newKey()];
    const before = await replica(old);
    const oldToken = await sign(before);
    // The first of two replicas is given both.
    const first = await replica(next, old);
    expect(kidOf(await sign(first))).toBe(kidOf(oldToken));
    expect((await before.jwks()).keys).toHaveLength(2);
    await letPass(1.1);
    await first.publish();
    const newToken = await sign(first);
    expect(kidOf(newToken)).not.toBe(kidOf(oldToken));
    // Both replicas verify both, also the one that has never been given the new key.
    for (const at of [before, first]) {
      expect([await isGoodAt(at, oldToken), await isGoodAt(at, newToken)]).toEqual([true, true]);
    }
    // The old one is dropped: what it has signed is good until it has expired, and no longer.
    const after = await replica(next);
    expect(kidOf(await sign(after))).toBe(kidOf(newToken));
    await letPass(10);
    await after.publish();
    expect([await isGoodAt(after, oldToken), await isGoodAt(after, newToken)]).toEqual([true, true]);
    await letPass(6);
    await after.publish();
    expect([await isGoodAt(after, oldToken), await isGoodAt(after, newToken)]).toEqual([false, true]);
  });

  test('that were replaced without an overlap still let in whom the old one vouched for', async () => {
    const oldToken = await sign(await replica(newKey()));
    const after = await replica(newKey());
    expect(await isGoodAt(after, oldToken)).toBe(true);
    expect(kidOf(await sign(after))).not.toBe(kidOf(oldToken));
  });

  test('are told by their public halves alone, also while the database is away', async () => {
    const [one, other] = [await replica(newKey()), await replica(newKey())];
    const { keys } = await one.jwks();
    expect(keys).toHaveLength(2);
    expect(JSON.stringify([keys, await database.query('SELECT * FROM signing_keys')])).not.toContain('"d"');
    const away = await createAccessTokens({
      privateKeyPems: [newKey()],
      issuer: 'i',
      audience: 'a',
      keys: { publish: async () => new Map(), published: () => Promise.reject(new Error('away')) },
    });
    expect((await away.jwks()).keys).toHaveLength(1);
    expect(() => away.sign(user, randomUUID())).toThrow('no key is published');
    expect(await isGoodAt(other, await sign(one))).toBe(true);
  });
});
