import { createHash, randomUUID } from 'node:crypto';
import { resolveApiKey } from '@uw-wizard/shared/contracts/asks';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiKey as bootstrapKey, openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const admin = () => world.by('admin');
const create = (json: object, key = randomUUID()) => world.call('POST', '/api/api-keys', { as: admin(), json, key });
const revoke = (id: string, as = admin()) => world.call('DELETE', `/api/api-keys/${id}`, { as });
const whose = async (key: string) =>
  (await world.ask(resolveApiKey, { key_hash: createHash('sha256').update(key).digest('hex') })).credential;

test('a new key is shown once, kept as a hash, and opens what its role may do', async () => {
  const key = randomUUID();
  const json = { name: 'Import at night', role: 'analyst', expires_at: '2040-01-31T12:00:00+01:00' };
  const { status, body } = await create(json, key);
  expect(status).toBe(201);
  expect(body).toMatchObject({ name: json.name, role: 'analyst', expires_at: '2040-01-31T11:00:00.000Z' });
  expect(body.api_key).toMatch(/^uwk_[\w-]{43}$/);
  expect(body.api_key.startsWith(body.prefix)).toBe(true);
  expect(await whose(body.api_key)).toMatchObject({ api_key_id: body.api_key_id, tenant_id: 'demo', role: 'analyst' });

  const repeat = await create(json, key);
  expect(repeat.headers.get('idempotent-secret')).toBe('true');
  expect(repeat.body).toEqual({ ...body, api_key: null });
  expect(await world.keeps(body.api_key)).toBe(false);
  expect(await world.factsOf(body.api_key_id)).toEqual([
    { type: 'apikey.created', data: { api_key_id: body.api_key_id, role: 'analyst' } },
  ]);
});

test('a revoked key is nobody\u2019s at once; it stays in the list, and revoking it again changes nothing', async () => {
  const { body } = await create({ name: 'Short lived', role: 'reviewer' });
  expect((await revoke(body.api_key_id)).status).toBe(204);
  expect(await whose(body.api_key)).toBeNull();
  expect((await revoke(body.api_key_id)).status).toBe(204);
  const { body: list } = await world.call('GET', '/api/api-keys', { as: admin() });
  const listed = list.data.find(({ api_key_id }: { api_key_id: string }) => api_key_id === body.api_key_id);
  expect(listed).toMatchObject({ name: 'Short lived', revoked_at: expect.any(String) });
  expect(JSON.stringify(list)).not.toMatch(/hash/);
  expect((await world.factsOf(body.api_key_id)).map(({ type }) => type)).toEqual(['apikey.created', 'apikey.revoked']);
});

test('the last use of a key is noted, once a minute', async () => {
  const { body } = await create({ name: 'In use', role: 'analyst' });
  const lastUse = async () => {
    const [row] = await world.database.query(
      `SELECT last_used_at::text AS at, xmin::text AS version FROM api_keys WHERE id = '${body.api_key_id}'`,
    );
    return row;
  };
  await whose(body.api_key);
  await eventually(async () => expect((await lastUse())?.at).not.toBeNull());
  const noted = await lastUse();
  for (let time = 0; time < 5; time += 1) await whose(body.api_key);
  await whose(bootstrapKey);
  expect(await lastUse()).toEqual(noted);
  const longAgo = '2026-01-01 00:00:00+00';
  await world.database.query(`UPDATE api_keys SET last_used_at = '${longAgo}' WHERE id = '${body.api_key_id}'`);
  await whose(body.api_key);
  await eventually(async () => expect((await lastUse())?.at).not.toBe(longAgo));
});

test('a key needs a name, a role, and an expiry that is to come', async () => {
  const past = await create({ name: 'Late', role: 'analyst', expires_at: '2026-01-01T00:00:00Z' });
  expect([past.status, past.body.errors[0].pointer]).toEqual([422, '#/expires_at']);
  const { body } = await create({ name: '', role: 'root', expires_at: 'tomorrow', key_hash: 'f'.repeat(64) });
  expect(body.errors.map((each: { pointer: string }) => each.pointer)).toEqual(
    expect.arrayContaining(['#/name', '#/role', '#/expires_at', '#/key_hash']),
  );
});

test('keys are for admins, each of whom sees those of the own tenant', async () => {
  const { body } = await create({ name: 'Ours', role: 'analyst' });
  const elsewhere = world.by('admin', 'other');
  expect((await world.call('GET', '/api/api-keys', { as: elsewhere })).body.data).toEqual([]);
  for (const id of [body.api_key_id, randomUUID(), 'one']) {
    const answer = await revoke(id, elsewhere);
    expect([answer.status, answer.body.code]).toEqual([404, 'api-key-not-found']);
  }
  expect(await whose(body.api_key)).not.toBeNull();
  for (const role of ['reviewer', 'analyst'] as const) {
    const as = world.by(role);
    expect((await world.call('GET', '/api/api-keys', { as })).body.code).toBe('forbidden');
    expect((await world.call('POST', '/api/api-keys', { as, json: { name: 'n', role } })).body.code).toBe('forbidden');
    expect((await revoke(body.api_key_id, as)).body.code).toBe('forbidden');
  }
  expect((await world.call('GET', '/api/api-keys')).status).toBe(401);
});
