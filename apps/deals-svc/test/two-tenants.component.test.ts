import { randomUUID } from 'node:crypto';
import { routes } from '@uw-wizard/shared/contracts/routes';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createWorld, type World } from './world.ts';

const each = 1_000;
const tenants = ['north', 'south'];
let world: World;
let deals: Record<string, string[]>;

beforeAll(async () => {
  world = await createWorld();
  deals = Object.fromEntries(await Promise.all(tenants.map(async (tenant) => [tenant, await fill(tenant)])));
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => world.stop());

/** A thousand merchants who are the same in both tenants, each with a deal, an alert and an event; returns the deals. */
async function fill(tenant: string): Promise<string[]> {
  const ids = await world.database.query<{ id: string }>(
    `WITH one AS (
       SELECT n, gen_random_uuid() AS merchant, gen_random_uuid() AS deal FROM generate_series(1, ${each}) AS n
     ), merchant AS (
       INSERT INTO merchants (id, tenant_id, legal_name, normalised_name, ein, state, created_at, updated_at)
       SELECT merchant, $1, 'Harbor Bakery ' || n, 'harbor bakery ' || n, '12-0000042', 'NY', now(), now() FROM one RETURNING id
     ), deal AS (
       INSERT INTO deals (id, tenant_id, merchant_id, owner_name, owner_email, created_at, updated_at)
       SELECT deal, $1, merchant, 'Jane Doe', 'Jane@Example.com', now(), now() FROM one RETURNING id
     ), alert AS (
       INSERT INTO alerts (id, tenant_id, severity, code, message, deal_id, merchant_id, created_at)
       SELECT gen_random_uuid(), $1, 'info', 'note', $1, deal, merchant, now() FROM one RETURNING id
     ), event AS (
       INSERT INTO events (id, tenant_id, merchant_id, deal_id, type, time, data)
       SELECT gen_random_uuid(), $1, merchant, deal, 'deal.updated', now(), '{}' FROM one RETURNING id
     ) SELECT deal AS id FROM one, (SELECT count(*) FROM merchant), (SELECT count(*) FROM deal),
         (SELECT count(*) FROM alert), (SELECT count(*) FROM event) AS all_of_it`,
    [tenant],
  );
  return ids.map(({ id }) => id);
}

const as = (tenant: string) => ({ identity: { tenant } });

test.each(tenants)('%s finds its thousand alerts, page by page, and none of the other’s', async (tenant) => {
  const seen: { deal_id: string; message: string }[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const reply = await world.get(`/api/alerts?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`, as(tenant));
    seen.push(...reply.body.data);
    cursor = reply.body.next_cursor;
  }
  expect(seen.map(({ deal_id }) => deal_id).sort()).toEqual([...(deals[tenant] ?? [])].sort());
  expect(new Set(seen.map(({ message }) => message))).toEqual(new Set([tenant]));
});

test('background checks of one count the same owner elsewhere among its own deals only', async () => {
  const [deal = ''] = deals.north ?? [];
  const { body } = await world.get(`/api/deals/${deal}`, as('north'));
  const path = `/api/background/run?merchant_id=${body.merchant_id}&deal_id=${deal}`;
  const { body: run, status } = await world.post(path, undefined, as('north'));
  expect(status).toBe(200);
  const text = JSON.stringify(run);
  expect((deals.north ?? []).some((id) => id !== deal && text.includes(id))).toBe(true);
  expect((deals.south ?? []).filter((id) => text.includes(id))).toEqual([]);
});

const ofOne = routes
  .filter(({ service, path }) => service === 'deals-svc' && path.startsWith('/api/deals/:id'))
  .map(({ method, path }) => [method, path] as const);

test.each(ofOne)(
  '%s %s of another tenant’s deal is answered like one that does not exist, by the same statements',
  async (method, path) => {
    const [theirs = ''] = deals.south ?? [];
    const ask = async (id: string) => {
      const statements: string[] = [];
      const query = Client.prototype.query;
      vi.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, ...args: unknown[]) {
        const [asked] = args as [string | { text: string } | { texts: readonly string[] }];
        statements.push(...(typeof asked === 'string' ? [asked] : 'texts' in asked ? asked.texts : [asked.text]));
        return Reflect.apply(query, this, args);
      });
      const address = path.replace(':id', id);
      const { status, body } =
        method === 'GET' ? await world.get(address, as('north')) : await world.post(address, undefined, as('north'));
      vi.restoreAllMocks();
      // The relay asks on its own, whenever it does.
      return {
        status,
        code: body.code,
        statements: statements.filter((text) => !/outbox|synchronous_commit|^COMMIT$|^BEGIN$/.test(text)),
      };
    };
    // What the first call of its kind has to prepare is prepared.
    await ask(randomUUID());
    const unknown = await ask(randomUUID());
    expect(await ask(theirs)).toEqual(unknown);
    expect([unknown.status, unknown.code]).toEqual([404, 'deal-not-found']);
    expect(unknown.statements.length).toBeGreaterThan(0);
  },
);

test('a count that names no tenant, as one of them, is a thousand in every table', async () => {
  const runtime = new Client({ connectionString: world.database.url });
  await runtime.connect();
  await runtime.query(`BEGIN; SET LOCAL app.tenant_id = 'north'`);
  for (const table of ['merchants', 'deals', 'alerts', 'events']) {
    const { rows } = await runtime.query(
      `SELECT count(*)::int AS n FROM ${table} WHERE tenant_id IN ('north', 'south')`,
    );
    expect(rows[0].n, table).toBeGreaterThanOrEqual(each);
    expect(rows[0].n, table).toBeLessThan(each + 10);
  }
  await runtime.end();
});
