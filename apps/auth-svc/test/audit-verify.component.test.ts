import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { createLocalStorage } from '@uw-wizard/shared/platform/storage';
import { eventually } from '@uw-wizard/testkit/eventually';
import { Pool } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runAudit } from '../src/audit.ts';
import { createAuditAnchors } from '../src/data/audit-anchors.ts';
import { createAuditHeads } from '../src/data/audit-heads.ts';
import { type ChainedRecord, chain, sealOf } from '../src/domain/audit-chain.ts';
import { anchorAudit } from '../src/usecases/anchor-audit.ts';
import { auditKey, openWorld, type World } from './world.ts';

const tenant = 'acme';
const rowsThere = 6;

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await world.makeTenant(tenant);
  const event = auditEvent(rowsThere);
  await world.bus.publish({ stream: 'audit', subject: 'audit.recorded', id: event.id, body: JSON.stringify(event) });
  await eventually(async () => expect(await rows()).toHaveLength(rowsThere));
});
afterEach(() => world.close());

function auditEvent(entries: number) {
  const id = randomUUID();
  const entry = { action: 'offer.accepted', entity_type: 'deal', entity_id: 'd-1', before: null };
  return {
    specversion: '1.0',
    id,
    source: 'deals-svc',
    type: 'audit.recorded',
    time: '2026-11-28T10:00:00.000Z',
    subject: id,
    datacontenttype: 'application/json',
    dataversion: 1,
    tenantid: tenant,
    sequence: 1,
    data: {
      actor: { kind: 'user', id: 'u-1', role: 'analyst', address: null, user_agent: null },
      request_id: 'r-1',
      entries: Array.from({ length: entries }, (_, nth) => ({ ...entry, after: { nth } })),
    },
  };
}

const rows = () =>
  world.database.query<{ seq: string; hmac: string }>(
    `SELECT seq, hmac FROM audit_log WHERE tenant_id = '${tenant}' ORDER BY seq`,
  );

/** Does what only the owner of the database can do. */
async function tamper(...statements: string[]): Promise<void> {
  await world.database.query('ALTER TABLE audit_log DISABLE TRIGGER audit_log_stays');
  for (const statement of statements) await world.database.query(statement);
}

const parts = () => ({
  databaseWorkerUrl: world.database.workerUrl,
  auditKeys: [auditKey] as const,
  storage: { kind: 'local' as const, folder: join(world.folder, 'audit') },
  spoolDir: join(world.folder, 'spool'),
});

async function verify(...args: string[]): Promise<{ code: number; said: string }> {
  let said = '';
  const write = (text: string) => {
    said += text;
  };
  const code = await runAudit(['audit', 'verify', ...args], { open: async () => parts(), write });
  return { code, said };
}

const anchors = () =>
  createAuditAnchors({
    storage: createLocalStorage(join(world.folder, 'audit')),
    keys: [auditKey],
    spoolDir: world.folder,
  });

async function anchor(): Promise<void> {
  const [last] = (await rows()).toReversed();
  if (last === undefined) throw new Error('there is no row');
  await anchors().put(tenant, { seq: Number(last.seq), hmac: last.hmac, at: '2026-11-28T11:00:00.000Z' });
}

test('a log that is as it was written is found so, with rows of other tenants beside it', async () => {
  await anchor();
  const { code, said } = await verify();
  expect(said).toContain(`${tenant}: ${rowsThere} row(s), 1 anchor(s), as they were written\n`);
  expect(said).toMatch(/^demo: \d+ row\(s\)/m);
  expect(code).toBe(0);
});

test.each([
  ['a byte of what was done', `UPDATE audit_log SET "after" = '{"nth":9}' WHERE tenant_id = 'acme' AND seq = 3`],
  ['the caller', "UPDATE audit_log SET actor_id = 'u-2' WHERE tenant_id = 'acme' AND seq = 3"],
  ['the time', "UPDATE audit_log SET at = at + interval '1 millisecond' WHERE tenant_id = 'acme' AND seq = 3"],
  ['a blank in the JSON', `UPDATE audit_log SET "after" = '{"nth": 2}' WHERE tenant_id = 'acme' AND seq = 3`],
])('%s that was changed is found, with its row', async (_, statement) => {
  await tamper(statement);
  const { code, said } = await verify('--tenant', tenant);
  expect(said).toMatch(/^acme: changed: row 3 \([0-9a-f-]{36}\) is not what was written there\n$/);
  expect(code).toBe(1);
});

test('a row that was removed is found', async () => {
  await tamper("DELETE FROM audit_log WHERE tenant_id = 'acme' AND seq = 3");
  const { code, said } = await verify('--tenant', tenant);
  expect(said).toContain('acme: removed: row 3 is missing\n');
  expect(code).toBe(1);
});

test('rows that changed places are found', async () => {
  await tamper(
    "UPDATE audit_log SET seq = CASE seq WHEN 3 THEN 104 ELSE 103 END WHERE tenant_id = 'acme' AND seq IN (3, 4)",
  );
  await tamper("UPDATE audit_log SET seq = seq - 100 WHERE tenant_id = 'acme' AND seq > 100");
  const { code, said } = await verify('--tenant', tenant);
  expect(said).toContain('changed: row 3');
  expect(said).toContain('changed: row 4');
  expect(code).toBe(1);
});

test('the last row that was removed is found by the head', async () => {
  await tamper(`DELETE FROM audit_log WHERE tenant_id = 'acme' AND seq = ${rowsThere}`);
  const { code, said } = await verify('--tenant', tenant);
  expect(said).toBe(`acme: truncated: the log ends at row ${rowsThere - 1}, but its head says ${rowsThere}\n`);
  expect(code).toBe(1);
});

test('the last row that was removed together with the head is found by the anchor', async () => {
  await anchor();
  const left = (await rows()).at(-2);
  const head = { seq: rowsThere - 1, hmac: left?.hmac ?? '' };
  const seal = sealOf(auditKey, tenant, head);
  await tamper(
    `DELETE FROM audit_log WHERE tenant_id = 'acme' AND seq = ${rowsThere}`,
    `UPDATE audit_heads SET seq = ${head.seq}, hmac = '${head.hmac}', seal = '${seal}' WHERE tenant_id = 'acme'`,
  );
  const { code, said } = await verify('--tenant', tenant);
  expect(said).toBe(`acme: truncated: the log ends at row 5, but at 2026-11-28T11:00:00.000Z it had 6\n`);
  expect(code).toBe(1);
});

/** Writes the whole chain anew with `key`, as if nothing but row 3 had ever been otherwise. */
async function rewrite(key: string): Promise<void> {
  const before = await world.database.query<ChainedRecord>(
    `SELECT id, at, service, actor_kind AS "actorKind", actor_id AS "actorId", actor_role AS "actorRole", address,
       user_agent AS "userAgent", request_id AS "requestId", action, entity_type AS "entityType",
       entity_id AS "entityId", before::text AS before, after::text AS after
     FROM audit_log WHERE tenant_id = 'acme' ORDER BY seq`,
  );
  const told = before.map((row, at) => (at === 2 ? { ...row, actorId: 'u-2' } : row));
  const { rows: written, head } = chain(key, tenant, { seq: 0, hmac: '' }, told);
  await tamper(
    ...written.map(
      ({ seq, actorId, previousHmac, hmac }) =>
        `UPDATE audit_log SET actor_id = '${actorId}', previous_hmac = '${previousHmac}', hmac = '${hmac}'
         WHERE tenant_id = 'acme' AND seq = ${seq}`,
    ),
    `UPDATE audit_heads SET hmac = '${head.hmac}', seal = '${sealOf(key, tenant, head)}' WHERE tenant_id = 'acme'`,
  );
}

test('a chain that was written anew without the key is found at its first row', async () => {
  await rewrite('another key of thirty-two characters');
  const { code, said } = await verify('--tenant', tenant);
  expect(said).toMatch(/^acme: changed: row 1 /);
  expect(said).toContain('acme: head: the head of the chain (row 6) is not what was written there\n');
  expect(code).toBe(1);
});

test('a chain that was written anew with the key is found by the anchor', async () => {
  await anchor();
  await rewrite(auditKey);
  const { code, said } = await verify('--tenant', tenant);
  expect(said).toBe(
    'acme: rewritten: the chain up to row 6 is not the one that was anchored at 2026-11-28T11:00:00.000Z\n',
  );
  expect(code).toBe(1);
});

test('a log that was emptied, heads and all, is found by the anchor', async () => {
  await anchor();
  await tamper("DELETE FROM audit_log WHERE tenant_id = 'acme'", "DELETE FROM audit_heads WHERE tenant_id = 'acme'");
  const { code, said } = await verify();
  expect(said).toContain('acme: truncated: the log ends at row 0, but at 2026-11-28T11:00:00.000Z it had 6\n');
  expect(code).toBe(1);
});

test('an anchor that was made with another key is found', async () => {
  const storage = createLocalStorage(join(world.folder, 'audit'));
  const forged = createAuditAnchors({
    storage,
    keys: ['another key of thirty-two characters'],
    spoolDir: world.folder,
  });
  await forged.put(tenant, { seq: 6, hmac: 'f'.repeat(64), at: '2026-11-28T11:00:00.000Z' });
  const { code, said } = await verify('--tenant', tenant);
  expect(said).toMatch(/^acme: anchor: the anchor acme\/\S+\.json is not what was written there\n$/);
  expect(code).toBe(1);
});

test('rows that an older key has signed are sound as long as that key is kept', async () => {
  const open = async () => ({ ...parts(), auditKeys: ['a newer key of thirty-two characters', auditKey] as const });
  expect(await runAudit(['audit', 'verify'], { open, write: () => undefined })).toBe(0);
});

test('a chain that has grown is anchored once in an hour', async () => {
  const pool = new Pool({ connectionString: world.database.workerUrl });
  const lines: object[] = [];
  const log = { info: (line: object) => void lines.push(line) } as unknown as Logger;
  const deps = { auditHeads: createAuditHeads(pool), anchors: anchors(), clock: () => new Date(), log };
  const told = async () => {
    await anchorAudit(deps);
    const found: (number | undefined)[] = [];
    for await (const { anchor: each, sound } of anchors().of(tenant)) if (sound) found.push(each?.seq);
    return found;
  };
  try {
    await world.database.query("UPDATE audit_heads SET anchored_at = now() - interval '61 minutes', anchored_seq = 0");
    expect(await told()).toEqual([rowsThere]);
    expect(lines).toContainEqual({ tenant_id: tenant, audit_seq: rowsThere, audit_hmac: expect.any(String) });
    await world.database.query("UPDATE audit_heads SET anchored_at = now() - interval '61 minutes'");
    expect(await told()).toEqual([rowsThere]);
    const more = auditEvent(1);
    await world.bus.publish({ stream: 'audit', subject: 'audit.recorded', id: more.id, body: JSON.stringify(more) });
    await eventually(async () => expect(await rows()).toHaveLength(rowsThere + 1));
    await world.database.query("UPDATE audit_heads SET anchored_at = now() - interval '59 minutes'");
    expect(await told()).toEqual([rowsThere]);
    await world.database.query("UPDATE audit_heads SET anchored_at = now() - interval '61 minutes'");
    expect((await told()).toSorted()).toEqual([rowsThere, rowsThere + 1]);
  } finally {
    await pool.end();
  }
});

test('a command line that cannot be meant says so and ends with 2', async () => {
  let said = '';
  const write = (text: string) => {
    said += text;
  };
  const open = () => Promise.reject(new Error('not to be opened'));
  expect(await runAudit(['audit', 'polish'], { open, write })).toBe(2);
  expect(await runAudit(['audit', 'verify', '--tenants'], { open, write })).toBe(2);
  expect(await runAudit(['audit', '--help'], { open, write })).toBe(0);
  expect(said).toContain('audit verify [--tenant ID]');
});
