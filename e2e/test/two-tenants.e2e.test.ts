import { randomBytes, randomUUID } from 'node:crypto';
import { type Route, routes } from '@uw-wizard/shared/contracts/routes';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CallOptions, Client, Reply } from '../flow/client.ts';
import { runWholeFlow } from '../flow/whole-flow.ts';
import { bookNames } from '../house/books.ts';
import { fillTenant } from './fill-tenant.ts';
import { houseOfFile, newMerchant } from './house-of-file.ts';
import { clientOf } from './other-tenant.ts';
import { startCollector } from './otlp.ts';

/** Hears of each statement that a call led to. */
const collector = await startCollector();
const here = houseOfFile({
  RATE_LIMIT_KEY_PER_SECOND: '0',
  RATE_LIMIT_ADDRESS_PER_SECOND: '0',
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_BSP_SCHEDULE_DELAY: '200',
  OTEL_BSP_MAX_QUEUE_SIZE: '50000',
});

type Tenant = { client: Client; legalName: string; dealId: string; merchantId: string; ids: Ids };
/** What there is of each kind. */
type Ids = Record<'deals' | 'documents' | 'envelopes' | 'alerts' | 'users' | 'keys' | 'sessions', string[]>;

let north: Tenant;
let south: Tenant;

beforeAll(async () => {
  [north, south] = [await settle('north'), await settle('south')];
});
afterAll(() => collector.stop());

/** A tenant with a thousand deals, of which the first goes all its way, and with them documents, envelopes, alerts, texts, users, keys and sessions. */
async function settle(tenantId: string): Promise<Tenant> {
  const client = await clientOf(here, { tenantId, role: 'admin' });
  const flow = await newMerchant();
  const { known } = await runWholeFlow(client, { flow, key: tenantId, settleMs: 20_000 });
  const deal = await client.call('GET', `/api/deals/${known.dealId}`);
  await fillTenant(here.books, { tenantId, deals: 1_000, offer: deal.body.accepted_offer });
  const idsOf = async (book: (typeof bookNames)[number], table: string) =>
    (await here.books.query<{ id: string }>(book, `SELECT id FROM ${table} WHERE tenant_id = $1`, [tenantId])).map(
      ({ id }) => id,
    );
  return {
    client,
    legalName: flow.merchant.legalName,
    dealId: known.dealId,
    merchantId: known.merchantId,
    ids: {
      deals: await idsOf('deals', 'deals'),
      documents: await idsOf('documents', 'documents'),
      envelopes: await idsOf('signing', 'envelopes'),
      alerts: await idsOf('deals', 'alerts'),
      users: await idsOf('auth', 'users'),
      keys: await idsOf('auth', 'api_keys'),
      sessions: await idsOf('auth', 'sessions'),
    },
  };
}

const idPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** What an answer to north says of south: ids, its name, its merchant. */
function ofSouthIn({ text }: Reply): string[] {
  const theirs = new Set([south.merchantId, ...Object.values(south.ids).flat()]);
  const ids = (text.match(idPattern) ?? []).filter((id) => theirs.has(id));
  return [...ids, ...['south', south.legalName].filter((name) => text.includes(name))];
}

const forTenants = routes.filter(({ allow }) => allow !== 'none' && allow !== 'provider');
const reads = forTenants.filter(({ method }) => method === 'GET');

/** Of whom a path with `:id` speaks. */
function kindOf(path: string): keyof Ids {
  if (path.startsWith('/api/documents/')) return 'documents';
  if (path.includes('/envelopes/')) return 'envelopes';
  if (path.startsWith('/api/alerts/')) return 'alerts';
  if (path.startsWith('/api/users/')) return 'users';
  if (path.startsWith('/api/api-keys/')) return 'keys';
  return path.startsWith('/api/auth/sessions/') ? 'sessions' : 'deals';
}

/** Lists in pages of a hundred to their end; everything else once. */
async function readAll(client: Client, path: string, query: Record<string, string> = {}): Promise<Reply[]> {
  const replies: Reply[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Record<string, string> = cursor === '' ? query : { ...query, cursor };
    const reply = await client.call('GET', path, { query: page });
    replies.push(reply);
    cursor = reply.status === 200 ? (reply.body?.next_cursor ?? null) : null;
  }
  return replies;
}

// A key has no sessions.
test.each(reads.filter(({ path }) => !path.includes(':') && path !== '/api/auth/sessions').map(({ path }) => path))(
  'GET %s shows its own tenant’s and nothing else, to its last page',
  async (path) => {
    const replies = await readAll(north.client, path);
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    expect(replies.flatMap(ofSouthIn)).toEqual([]);
  },
);

test('each finds its thousand alerts, users and audit records, and the export has no more of them', async () => {
  for (const { client, ids } of [north, south]) {
    const listed = async (path: string, key: string) =>
      (await readAll(client, path, { limit: '100' })).flatMap(({ body }) =>
        body.data.map((one: object) => Reflect.get(one, key)),
      );
    expect((await listed('/api/alerts', 'alert_id')).toSorted()).toEqual(ids.alerts.toSorted());
    expect((await listed('/api/users', 'user_id')).toSorted()).toEqual(ids.users.toSorted());
  }
  const csv = await north.client.call('GET', '/api/audit', { headers: { accept: 'text/csv' } });
  expect([csv.status, ofSouthIn(csv)]).toEqual([200, []]);
  expect(csv.text).toContain(north.dealId);
});

test.each(reads.filter(({ path }) => path.includes(':id')).map(({ path }) => path))(
  'GET %s of one’s own shows nothing of another tenant',
  async (path) => {
    for (const id of north.ids[kindOf(path)].slice(0, 20)) {
      const reply = await north.client.call('GET', path.replace(':id', id));
      expect([reply.status, ofSouthIn(reply)]).toEqual([200, []]);
    }
  },
);

/** What a call sends besides its path, about a deal. */
async function aboutDeal(path: string, of: { dealId: string; merchantId: string }): Promise<CallOptions | null> {
  const deal_id = of.dealId;
  switch (path) {
    case '/api/intake/answer':
      return { json: { deal_id, answers: { owner_name: 'Somebody Else' } } };
    case '/api/documents/bank/upload':
      return { query: { deal_id, merchant_id: of.merchantId }, files: (await newMerchant()).statements };
    case '/api/background/run':
      return { query: { deal_id } };
    case '/api/alerts':
      return { json: { deal_id, severity: 'info', code: 'note', message: 'Of another tenant' } };
    case '/api/sign/send':
      return { query: { deal_id, recipient_email: 'somebody@example.com', force: 'true' } };
    case '/api/sms/cherry/send':
      return { json: { to: '+12125550147', body: 'Hello', deal_id } };
    default:
      return null;
  }
}

/** The calls of the table that name something, each with what it names. */
// A key has no sessions to end.
const naming = forTenants.filter(
  ({ method, path }) => !path.startsWith('/api/auth/') && (path.includes(':id') || method === 'POST'),
);

const ourSpan = 'c11e47000000c11e';

type Answer = Pick<Reply, 'status' | 'text'> & { trace: string };

async function ask({ method, path }: Route, id: string, merchantId: string): Promise<Answer | null> {
  const about = path.includes(':id') ? {} : await aboutDeal(path, { dealId: id, merchantId });
  if (about === null) return null;
  const trace = randomBytes(16).toString('hex');
  const { status, text } = await north.client.call(method, path.replace(':id', id), {
    ...about,
    ...(method === 'PATCH' ? { json: { role: 'reviewer' } } : {}),
    headers: { traceparent: `00-${trace}-${ourSpan}-01` },
  });
  return { status, text: text.replaceAll(id, 'ID').replace(/"(request|trace)_id":"[^"]*"/g, ''), trace };
}

/** The gateway asks now and then whether a key is still good, whatever is called with it; and what begins and ends that. */
const aboutTheCaller = /^(BEGIN|COMMIT)\b|api_key_by_hash|last_used_at = now/;

/** The statements that a call led to, once its own span has come, which ends last. */
function statementsOf(trace: string): Promise<string[]> {
  return eventually(
    () => {
      const spans = collector.spans.filter(({ traceId }) => traceId === trace);
      expect(spans.some(({ parentId }) => parentId === ourSpan)).toBe(true);
      const texts = spans.flatMap(({ attributes }) => attributes['db.query.text'] ?? []);
      return texts.filter((text) => !aboutTheCaller.test(text)).toSorted();
    },
    { timeoutMs: 20_000 },
  );
}

test('whatever one asks for or does with what is another’s is answered as if it were not there, by the same statements, and changes nothing', async () => {
  // The relay marks what it has published.
  await eventually(async () => expect(await unpublished()).toBe(0), { timeoutMs: 20_000 });
  const before = await southernRows();
  const pairs: { name: string; theirs: Answer; nobodys: Answer }[] = [];
  for (const route of naming) {
    const name = `${route.method} ${route.path}`;
    for (const id of south.ids[kindOf(route.path)].slice(0, 3)) {
      const theirs = await ask(route, id, south.merchantId);
      const nobodys = await ask(route, randomUUID(), south.merchantId);
      if (theirs === null || nobodys === null) continue;
      pairs.push({ name, theirs, nobodys });
      expect([theirs.status, theirs.text], name).toEqual([nobodys.status, nobodys.text]);
      expect(theirs.status, name).toBeGreaterThanOrEqual(400);
      expect(theirs.status, name).toBeLessThan(500);
    }
  }
  expect(new Set(pairs.map(({ name }) => name)).size).toBeGreaterThan(18);
  expect(await southernRows()).toEqual(before);
  for (const { name, theirs, nobodys } of pairs) {
    const statements = await statementsOf(theirs.trace);
    expect(statements, name).toEqual(await statementsOf(nobodys.trace));
    expect(statements.length, name).toBeGreaterThan(0);
  }
});

async function unpublished(): Promise<number> {
  const counts = await Promise.all(
    bookNames.map((book) =>
      here.books.query<{ n: number }>(book, 'SELECT count(*)::int AS n FROM outbox WHERE published_at IS NULL'),
    ),
  );
  return counts.flat().reduce((sum, { n }) => sum + n, 0);
}

/** A fingerprint of the rows of south in each table that has a tenant; anchors of audit chains are set by the hour. */
async function southernRows(): Promise<Record<string, string>> {
  const prints: Record<string, string> = {};
  for (const book of bookNames) {
    const tables = await here.books.query<{ name: string }>(
      book,
      `SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id' AND table_name <> 'audit_heads'`,
    );
    for (const { name } of tables) {
      const [row] = await here.books.query<{ print: string }>(
        book,
        `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, ' ' ORDER BY t::text)), '') AS print FROM "${name}" t WHERE tenant_id = 'south'`,
      );
      prints[`${book}.${name}`] = row?.print ?? '';
    }
  }
  return prints;
}
