import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openAuthOperations } from '../src/operations.ts';
import { auditKey, openWorld, tenant, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const admin = (of = tenant) => world.by('admin', of);
const list = (query: Record<string, string>, as = admin()) =>
  world.call('GET', `/api/audit?${new URLSearchParams(query)}`, { as });

type Given = { id?: string; time?: string; of?: string; entityId: string; entries?: number; address?: string };

/** An event of another service, as it comes over the bus. */
function eventOf({
  id = randomUUID(),
  time = '2026-11-28T10:00:00.000Z',
  of = tenant,
  entityId,
  entries = 1,
  address,
}: Given) {
  const entry = { action: 'offer.accepted', entity_type: 'deal', entity_id: entityId };
  const actor = { kind: 'user', id: 'u-1', role: 'analyst', address: address ?? '192.0.2.7', user_agent: 'curl/8' };
  const each = { ...entry, before: { status: 'offer' }, after: { status: 'accepted' } };
  return {
    specversion: '1.0',
    id,
    source: 'deals-svc',
    type: 'audit.recorded',
    time,
    subject: id,
    datacontenttype: 'application/json',
    dataversion: 1,
    tenantid: of,
    sequence: 1,
    data: { actor, request_id: 'r-1', entries: Array.from({ length: entries }, () => each) },
  };
}

/** Publishes under a message id of its own, so that the bus does not notice a repeat. */
const publish = (event: object) =>
  world.bus.publish({ stream: 'audit', subject: 'audit.recorded', id: randomUUID(), body: JSON.stringify(event) });

const rowsOf = (entityId: string) =>
  world.database.query('SELECT * FROM audit_log WHERE entity_id = $1 ORDER BY seq', [entityId]);

describe('what another service says was done', () => {
  test('is in the log with who, what, from where and by which request', async () => {
    const entityId = randomUUID();
    await publish(eventOf({ entityId }));
    const { status, body } = await eventually(async () => {
      const answer = await list({ entity_id: entityId });
      expect(answer.body.data).toHaveLength(1);
      return answer;
    });
    expect(status).toBe(200);
    expect(body.data[0]).toMatchObject({
      at: '2026-11-28T10:00:00.000Z',
      service: 'deals-svc',
      action: 'offer.accepted',
      entity_type: 'deal',
      entity_id: entityId,
      actor: { kind: 'user', id: 'u-1', role: 'analyst', address: '192.0.2.7', user_agent: 'curl/8' },
      request_id: 'r-1',
      before: { status: 'offer' },
      after: { status: 'accepted' },
    });
  });

  test('is there once, however often and with whatever it comes', async () => {
    const entityId = randomUUID();
    const event = eventOf({ entityId, entries: 2 });
    await Promise.all([publish(event), publish(event)]);
    await eventually(async () => expect(await rowsOf(entityId)).toHaveLength(2));
    await publish(event);
    const last = randomUUID();
    await publish(eventOf({ entityId: last }));
    await eventually(async () => expect(await rowsOf(last)).toHaveLength(1));
    expect(await rowsOf(entityId)).toHaveLength(2);
  });

  test('needs no order: what was done later may come first', async () => {
    const entityId = randomUUID();
    await publish(eventOf({ entityId, time: '2026-11-28T12:00:00.000Z' }));
    await eventually(async () => expect(await rowsOf(entityId)).toHaveLength(1));
    await publish(eventOf({ entityId, time: '2026-11-28T11:00:00.000Z' }));
    await eventually(async () => {
      const { body } = await list({ entity_id: entityId });
      expect(body.data.map(({ at }: { at: string }) => at)).toEqual([
        '2026-11-28T12:00:00.000Z',
        '2026-11-28T11:00:00.000Z',
      ]);
    });
  });

  test('becomes a dead letter and an alert when it cannot be read, and holds nothing else up', async () => {
    const { data: _, ...unreadable } = eventOf({ entityId: 'x' });
    const entityId = randomUUID();
    await publish({ ...unreadable, data: { actor: 'nobody' } });
    await publish(eventOf({ entityId }));
    await eventually(async () => {
      expect(await rowsOf(entityId)).toHaveLength(1);
      const letters = await world.database.query("SELECT reason FROM dead_letter WHERE type = 'audit.recorded'");
      expect(letters).toHaveLength(1);
      const alerts = await world.database.query(
        "SELECT 1 FROM outbox WHERE type = 'auth.alerted' AND envelope->'data'->>'code' = 'audit-event-given-up'",
      );
      expect(alerts).toHaveLength(1);
    });
  });
});

test('an event that was given up and can be read by now is put into the log by a replay, once', async () => {
  const entityId = randomUUID();
  const event = eventOf({ entityId });
  await world.database.query(
    `INSERT INTO dead_letter (id, publisher, type, body, reason, attempts)
     VALUES ($1, 'deals-svc', 'audit.recorded', $2, 'too new', 1)`,
    [event.id, JSON.stringify(event)],
  );
  const operations = openAuthOperations({
    databaseUrl: world.database.url,
    databaseWorkerUrl: world.database.workerUrl,
    auditKeys: [auditKey],
  });
  try {
    await operations.replay(event.id);
    await expect(operations.replay(event.id)).rejects.toThrow('replayed or discarded before');
  } finally {
    await operations.close();
  }
  expect(await rowsOf(entityId)).toHaveLength(1);
});

describe('the log', () => {
  test('is a chain per tenant: each row has its number and holds on to the row before it', async () => {
    await world.makeTenant('acme');
    await Promise.all([1, 2, 3].map(() => publish(eventOf({ entityId: randomUUID(), of: 'acme' }))));
    const rows = await eventually(async () => {
      const found = await world.database.query("SELECT * FROM audit_log WHERE tenant_id = 'acme' ORDER BY seq");
      expect(found).toHaveLength(3);
      return found;
    });
    expect(rows.map(({ seq }) => Number(seq))).toEqual([1, 2, 3]);
    expect(rows.map(({ previous_hmac }) => previous_hmac)).toEqual(['', rows[0]?.hmac, rows[1]?.hmac]);
  });

  test.each([
    ['changed', "UPDATE audit_log SET action = 'x'"],
    ['removed', 'DELETE FROM audit_log'],
    ['emptied', 'TRUNCATE audit_log'],
  ])('cannot be %s', async (_, statement) => {
    await expect(world.database.query(statement)).rejects.toThrow('only ever added');
    const runtime = new Client({ connectionString: world.database.url });
    await runtime.connect();
    onTestFinished(() => runtime.end());
    await expect(runtime.query(statement)).rejects.toThrow('permission denied for table audit_log');
  });
});

describe('looking at the log', () => {
  test('finds by action, actor, request and time', async () => {
    const entityId = randomUUID();
    await publish(eventOf({ entityId, time: '2026-01-02T03:04:05.000Z' }));
    await eventually(async () => expect(await rowsOf(entityId)).toHaveLength(1));
    const found = async (query: Record<string, string>) => {
      const { body } = await list({ entity_id: entityId, ...query });
      return body.data.length;
    };
    expect(await found({ action: 'offer.accepted', actor_id: 'u-1', request_id: 'r-1', entity_type: 'deal' })).toBe(1);
    expect(await found({ since: '2026-01-02T03:04:05Z', until: '2026-01-02T03:04:06Z' })).toBe(1);
    expect(await found({ action: 'offer.generated' })).toBe(0);
    expect(await found({ actor_id: 'u-2' })).toBe(0);
    expect(await found({ until: '2026-01-02T03:04:05Z' })).toBe(0);
  });

  test('goes page by page, newest first, and shows each row once', async () => {
    const entityId = randomUUID();
    await publish(eventOf({ entityId, entries: 5 }));
    await eventually(async () => expect(await rowsOf(entityId)).toHaveLength(5));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { body: { data: { id: string }[]; next_cursor: string | null; has_more: boolean } } = await list({
        entity_id: entityId,
        limit: '2',
        ...(cursor === '' ? {} : { cursor }),
      });
      expect(page.body.has_more).toBe(page.body.next_cursor !== null);
      seen.push(...page.body.data.map(({ id }) => id));
      cursor = page.body.next_cursor;
    }
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
  });

  test('says what is wrong with a question', async () => {
    const { status, body } = await list({ since: 'yesterday', limit: '1000', format: 'pdf' });
    expect([status, body.code]).toEqual([422, 'validation-failed']);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '#/query/format',
      '#/query/limit',
      '#/query/since',
    ]);
  });

  test('is for admins with a credential', async () => {
    expect((await world.call('GET', '/api/audit')).status).toBe(401);
    for (const role of ['analyst', 'reviewer'] as const) {
      const { status, body } = await list({}, world.by(role));
      expect([status, body.code]).toEqual([403, 'forbidden']);
    }
  });

  test('shows nothing of another tenant', async () => {
    const entityId = randomUUID();
    await publish(eventOf({ entityId }));
    await eventually(async () => expect(await rowsOf(entityId)).toHaveLength(1));
    const { status, body } = await list({ entity_id: entityId }, admin('elsewhere'));
    expect([status, body.data]).toEqual([200, []]);
  });
});

test('as CSV the log is whole, no formula of anybody’s making is run, and the export is itself in the log', async () => {
  const entityId = randomUUID();
  await publish(eventOf({ entityId, entries: 700, address: '=cmd|calc' }));
  await eventually(async () => expect(await rowsOf(entityId)).toHaveLength(700));
  const answer = await world.text('GET', `/api/audit?format=csv&entity_id=${entityId}`, { as: admin() });
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
  const [header, ...lines] = answer.text.trimEnd().split('\n');
  expect(header).toMatch(/^id,at,service,action,entity_type,entity_id,actor_kind/);
  expect(lines).toHaveLength(700);
  expect(lines.every((line) => line.includes(",'=cmd|calc,"))).toBe(true);
  await eventually(async () => {
    const { body } = await list({ action: 'audit.exported' });
    expect(body.data[0].after).toMatchObject({ entity_id: entityId });
  });
});
