import { hash, randomBytes, randomUUID } from 'node:crypto';
import { currentStatements } from '@uw-wizard/shared/contracts/asks';
import type { DataOf, EventContract } from '@uw-wizard/shared/contracts/event';
import type { Analysis } from '@uw-wizard/shared/contracts/statement';
import { answerAsk, createAsk } from '@uw-wizard/shared/platform/ask';
import type { FieldKeys } from '@uw-wizard/shared/platform/field-encryption';
import type { Identity } from '@uw-wizard/shared/platform/identity';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { runWorkers } from '@uw-wizard/shared/platform/worker';
import { openTestBus } from '@uw-wizard/testkit/bus';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import { createTestDatabase } from '@uw-wizard/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { createDealsService, migrationsFolder } from '../src/service.ts';

export type Statements = z.infer<typeof currentStatements.reply>;
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into member by member, and a wrong one fails the test
export type Reply = { status: number; headers: Headers; text: string; body: any };
export type CallOptions = {
  body?: unknown;
  /** Idempotency key; `null` sends none. */
  key?: string | null;
  /** Changes to the tenant's admin; `provider` and `anonymous` have no tenant. `null` sends none. */
  identity?: Partial<Identity> | null;
};
export type World = Awaited<ReturnType<typeof createWorld>>;

/** deals-svc on a database of its own, with the other services played by this file, on the bus as they would be. */
export async function createWorld(options: { sanctionsDir?: string; mockMode?: boolean; fieldKeys?: FieldKeys } = {}) {
  const log = createLogger({ service: 'deals-svc', level: 'silent' });
  const identities = await createTestIdentities();
  const database = await createTestDatabase(migrationsFolder);
  const bus = await openTestBus('deals-svc', log);
  const time = { offsetMs: 0 };
  const keys = {
    fieldKeys: options.fieldKeys ?? { keys: [randomBytes(32)], sealing: true },
    fieldIndexKeys: [randomBytes(32)],
  };
  const service = await createDealsService(
    {
      databaseUrl: database.url,
      databaseWorkerUrl: database.workerUrl,
      publicUrl: 'http://localhost',
      identityPublicKeys: [identities.publicKeyPem],
      ...keys,
      sanctionsDir: options.sanctionsDir ?? null,
      mockMode: options.mockMode ?? true,
      bootstrapTenantId: 'demo',
    },
    { bus, log, clock: () => new Date(Date.now() + time.offsetMs) },
  );
  const workers = runWorkers(service.workers);
  const http = await serve(service.app);

  const statements = new Map<string, Statements>();
  let documents = await answerAsk(bus, log, currentStatements, async ({ deal_id }) => answerFor(deal_id));
  const answerFor = (dealId: string) => statements.get(dealId) ?? { status: 'none' as const };
  const sequences = new Map<string, number>();

  const tenant = `t-${randomUUID().slice(0, 8)}`;

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const key = options.key === null ? undefined : (options.key ?? randomUUID());
    const content = options.body === undefined ? undefined : JSON.stringify(options.body);
    const claimed =
      method === 'GET' || key === undefined ? {} : { key, fp: hash('sha256', `${path} ${content ?? ''}`) };
    const ofTenant = options.identity?.kind === 'provider' ? {} : { tenant, role: 'admin' as const };
    const identity: Identity = { kind: 'key', sub: 'key-1', rid: 'r-1', ...ofTenant, ...claimed };
    const headers =
      options.identity === null ? {} : await identities.header('deals-svc', { ...identity, ...options.identity });
    const response = await fetch(`${http.baseUrl}${path}`, {
      method,
      headers: { ...headers, ...(content === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(content === undefined ? {} : { body: content }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text === '' ? null : JSON.parse(text) };
  }

  const get = (path: string, options: CallOptions = {}) => call('GET', path, options);
  const post = (path: string, body?: unknown, options: CallOptions = {}) => call('POST', path, { ...options, body });

  /** An event of another service, as its outbox would publish it: numbered per deal. */
  function eventOf<C extends EventContract>(
    contract: C,
    about: {
      dealId?: string;
      subject?: string;
      merchantId?: string;
      time?: string;
      sequence?: number;
      tenant?: string;
    },
    data: DataOf<C>,
  ) {
    const subject = about.dealId ?? about.subject ?? randomUUID();
    const counter = `${contract.publisher} ${subject}`;
    const sequence = about.sequence ?? (sequences.get(counter) ?? 0) + 1;
    sequences.set(counter, Math.max(sequence, sequences.get(counter) ?? 0));
    return {
      specversion: '1.0',
      id: uuidv7(),
      source: contract.publisher,
      type: contract.type,
      time: about.time ?? new Date().toISOString(),
      subject,
      datacontenttype: 'application/json',
      dataversion: contract.version,
      tenantid: about.tenant ?? tenant,
      ...(about.dealId === undefined ? {} : { dealid: about.dealId }),
      ...(about.merchantId === undefined ? {} : { merchantid: about.merchantId }),
      sequence,
      data,
    };
  }

  return {
    tenant,
    keys,
    database,
    bus,
    ask: createAsk(bus),
    log,
    time,
    statements,
    get,
    post,
    eventOf,
    /**
     * Hands an event over, and waits until it has had its effect; not awaited by those whose predecessors are still to
     * come. Under a message id of its own, so that the bus does not spare the service an event that is handed over twice.
     */
    async publish(event: ReturnType<typeof eventOf>) {
      // The publisher of a contract is the stream it goes to.
      const message = { stream: event.source as 'documents-svc', id: randomUUID() };
      await bus.publish({ ...message, subject: event.type, body: JSON.stringify(event) });
      await bus.delivered(message.stream, message.id);
    },
    /** The owner of the statements goes away, and comes back. */
    async withoutDocuments(work: () => Promise<void>): Promise<void> {
      await documents.stop();
      try {
        await work();
      } finally {
        documents = await answerAsk(bus, log, currentStatements, async ({ deal_id }) => answerFor(deal_id));
      }
    },
    async stop(): Promise<void> {
      await http.stop();
      await documents.stop();
      await workers.stop();
      await service.close();
      await bus.close();
      await database.drop();
    },
  };
}

/** What good statements of three months say: enough for grade A. */
export const goodAnalysis: Analysis = {
  status: 'done',
  months: 3,
  avg_monthly_revenue_cents: 120_000_00,
  avg_monthly_deposits_cents: 125_000_00,
  avg_daily_balance_cents: 30_000_00,
  nsf_count: 0,
  negative_days: 0,
  deposit_count: 90,
  positions: [],
  flags: [],
};

/** The answer of documents-svc for a deal whose statements are read. */
export function doneStatements(
  more: { setId?: string; analysis?: Partial<Analysis> } = {},
): Extract<Statements, { status: 'done' }> {
  return {
    status: 'done',
    statement_set_id: more.setId ?? uuidv7(),
    analysis: { ...goodAnalysis, ...more.analysis },
    reconciled: true,
    deal_time: new Date().toISOString(),
  };
}

let merchants = 0;

/** A merchant nobody has seen yet. */
export function newMerchantBody(more: Record<string, unknown> = {}) {
  merchants += 1;
  return {
    legal_name: `Harbor Bakery ${merchants} ${randomUUID().slice(0, 8)} LLC`,
    ein: `12-${String(1_000_000 + Math.floor(Math.random() * 8_999_999))}`,
    state: 'NY',
    business_start_date: '2015-03-01',
    industry_naics: '311811',
    entity_type: 'llc',
    phone: '+12125550123',
    email: 'office@example.com',
    ...more,
  };
}

/** The deal's own answers of the intake. */
export const ownerAnswers = {
  requested_amount_cents: 50_000_00,
  use_of_funds: 'A second oven',
  stated_monthly_revenue_cents: 110_000_00,
  owner_name: 'Jane Doe',
  owner_email: 'jane@example.com',
  owner_phone: '+12125550199',
  ownership_pct: 62.5,
};

/** Starts a deal for a new merchant. */
export async function startDeal(world: World, more: Record<string, unknown> = {}) {
  const { body, status } = await world.post('/api/deals/start', { merchant: newMerchantBody(more) });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return { dealId: body.deal_id as string, merchantId: body.merchant_id as string };
}

/** A deal whose recommended offer is accepted; its checks are run unless told otherwise. */
export async function acceptedDeal(world: World, options: { background?: boolean } = {}) {
  const started = await startDeal(world);
  const { dealId, merchantId } = started;
  world.statements.set(dealId, doneStatements());
  const offers = await world.post(`/api/deals/${dealId}/offers`);
  const accepted = await world.post(`/api/deals/${dealId}/accept`, {});
  if (accepted.status !== 200) throw new Error(`${offers.text} ${accepted.text}`);
  if (options.background ?? true) await world.post(`/api/background/run?merchant_id=${merchantId}&deal_id=${dealId}`);
  return { ...started, offer: accepted.body.offer };
}
