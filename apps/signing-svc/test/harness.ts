import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signatureGate } from '@uw-wizard/shared/contracts/asks';
import { DomainError } from '@uw-wizard/shared/errors';
import { answerAsk } from '@uw-wizard/shared/platform/ask';
import type { Identity } from '@uw-wizard/shared/platform/identity';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { runWorkers } from '@uw-wizard/shared/platform/worker';
import { openTestBus } from '@uw-wizard/testkit/bus';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import { createTestDatabase } from '@uw-wizard/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import type { SigningConfig } from '../src/config.ts';
import { createPdfWriter } from '../src/data/create-pdf-writer.ts';
import { createSigningService, migrationsFolder, type SigningDeps } from '../src/service.ts';
import { acceptedTerms } from './deal.ts';

export const docusignKey = 'docusign key of the tests';
export const dropboxSignKey = 'dropbox sign key of the tests';

const log = createLogger({ service: 'signing-svc', level: 'silent' });
/** Its thread takes half a second to start: one for all services of a test process, with which it ends. */
const pdfs = createPdfWriter({ log });

/** One deal as deals-svc would answer for it. `refusal` makes its gate say no. */
export type FakeDeal = {
  tenantId: string;
  dealId: string;
  merchantId: string;
  refusal?: { code: string; status: number };
  /** Which envelope holds the terms, as the gate reserved them. */
  reservedFor?: string;
  asked: number;
  /** What happens elsewhere while the gate answers. */
  meanwhile?: () => Promise<void>;
};

export type Answer = { status: number; headers: Headers; text: string; body: Record<string, unknown> };

type Desk = { send(deal: FakeDeal, recipient: string): Promise<Answer> };
export type Harness = Awaited<ReturnType<typeof startHarness>>;

/**
 * signing-svc on a database of its own and an in-process bus, with a deals-svc that answers its questions, and a door for
 * the mock provider's webhooks that does what the gateway does.
 */
export async function startHarness(options: Partial<SigningConfig> = {}) {
  const db = await createTestDatabase(migrationsFolder);
  const identities = await createTestIdentities();
  const folder = await mkdtemp(join(tmpdir(), 'signing-'));
  const deals = new Map<string, FakeDeal>();
  const bus = await openTestBus('signing-svc', log);
  const door = await openDoor();
  await answerAsk(bus, log, signatureGate, async (question) => {
    const answer = gate(deals, question);
    await deals.get(`${question.tenant_id}/${question.deal_id}`)?.meanwhile?.();
    return answer;
  });

  const config: SigningConfig = {
    databaseUrl: db.url,
    databaseWorkerUrl: db.workerUrl,
    publicUrl: 'http://desk.test',
    identityPublicKeys: [identities.publicKeyPem],
    fieldKeys: { keys: [randomBytes(32)], sealing: true },
    storage: { kind: 'local', folder: join(folder, 'agreements') },
    spoolDir: join(folder, 'spool'),
    buyerName: 'UW Wizard Funding',
    signProvider: 'mock',
    webhookUrl: door.url,
    docusignWebhookSecrets: [docusignKey, 'an older key'],
    dropboxsignWebhookSecrets: [dropboxSignKey],
    bootstrapTenantId: 'bootstrap',
    pollMs: 50,
    ...options,
  };

  /** Starts one replica. The door leads to the newest one. */
  async function replica(deps: Partial<SigningDeps> = {}) {
    const service = await createSigningService(config, { bus, log, pdfs, ...deps });
    const workers = runWorkers(service.workers);
    const http = await serve(service.app);
    door.leadTo(http.baseUrl, () => identities.header('signing-svc', provider()));
    let stopped = false;
    const stop = async () => {
      if (stopped) return;
      stopped = true;
      await http.stop();
      await workers.stop();
      await service.close();
    };
    stops.push(stop);
    const call = async (
      method: string,
      path: string,
      identity: Identity,
      init: { headers?: Record<string, string>; body?: string | FormData } = {},
    ): Promise<Answer> => {
      const headers = { ...(await identities.header('signing-svc', identity)), ...init.headers };
      const answer = await fetch(`${http.baseUrl}${path}`, { method, ...init, headers });
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
      return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : {} };
    };
    return {
      call,
      stop,
      baseUrl: http.baseUrl,
      headers: (identity: Identity) => identities.header('signing-svc', identity),
      send(deal: FakeDeal, recipient: string, more: { key?: string; force?: boolean; role?: Identity['role'] } = {}) {
        const query = new URLSearchParams({ deal_id: deal.dealId, recipient_email: recipient });
        if (more.force !== undefined) query.set('force', String(more.force));
        const identity = person(deal.tenantId, more.role ?? 'analyst', more.key, `${query}`);
        return call('POST', `/api/sign/send?${query}`, identity);
      },
      webhook: (body: string | FormData, headers: Record<string, string>) =>
        call('POST', '/api/sign/webhook', provider(), { body, headers }),
    };
  }

  const stops: (() => Promise<void>)[] = [];
  return {
    db,
    bus,
    deals,
    replica,
    config,
    folder,
    door,
    /** A new deal that may be sent, of a tenant. */
    addDeal(tenantId = 'demo', more: Partial<FakeDeal> = {}): FakeDeal {
      const deal = { tenantId, dealId: uuidv7(), merchantId: uuidv7(), asked: 0, ...more };
      deals.set(`${tenantId}/${deal.dealId}`, deal);
      return deal;
    },
    /** A new deal that is out for signature, with our id and the provider's. */
    async sentDeal(desk: Desk, tenantId = 'demo'): Promise<{ deal: FakeDeal; id: string; providerId: string }> {
      const deal = this.addDeal(tenantId);
      const sent = await desk.send(deal, 'jane@merchant.example');
      const envelope = await this.envelopeOf(deal);
      return { deal, id: String(sent.body.envelope_id), providerId: String(envelope?.provider_envelope_id) };
    },
    /** What was announced, oldest first. */
    async facts(type: string, subject?: string) {
      const rows = await db.query<{ tenant_id: string; subject: string; envelope: { data: Record<string, unknown> } }>(
        'SELECT tenant_id, subject, envelope FROM outbox WHERE type = $1 AND ($2::text IS NULL OR subject = $2) ORDER BY created_at, sequence',
        [type, subject ?? null],
      );
      return rows.map((row) => ({ tenantId: row.tenant_id, subject: row.subject, data: row.envelope.data }));
    },
    async envelopeOf(deal: FakeDeal) {
      const rows = await db.query<{
        id: string;
        state: string;
        signed_key: string | null;
        provider_envelope_id: string;
      }>('SELECT * FROM envelopes WHERE deal_id = $1 ORDER BY created_at DESC', [deal.dealId]);
      return rows[0];
    },
    /** Makes the next step of a deal's envelope due now, after `attempts` tries. */
    async hurryTo(deal: FakeDeal, attempts: number) {
      await db.query('UPDATE envelopes SET due_at = now(), step_attempts = $2 WHERE deal_id = $1', [
        deal.dealId,
        attempts,
      ]);
    },
    /** How many envelopes the mock provider has of a deal. */
    async ledgerCount(deal: FakeDeal): Promise<number> {
      const rows = await db.query('SELECT id FROM mock_envelopes WHERE deal_id = $1', [deal.dealId]);
      return rows.length;
    },
    async stop() {
      for (const stop of stops) await stop();
      await door.stop();
      await bus.close();
      await db.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Somebody of a tenant; with a key, as the gateway passes it on. */
export function person(tenant: string, role: Identity['role'] = 'analyst', key?: string, request = ''): Identity {
  const keyed = key === undefined ? {} : { key, fp: createHash('sha256').update(request).digest('hex') };
  return { kind: 'key', tenant, sub: `key-of-${tenant}`, role, rid: uuidv7(), ...keyed };
}

function provider(): Identity {
  return { kind: 'provider', sub: 'provider', rid: uuidv7() };
}

/** deals-svc's gate: refuses what it was told to refuse, and lets one envelope at a time hold a deal's terms. */
function gate(
  deals: Map<string, FakeDeal>,
  question: { tenant_id: string; deal_id: string; envelope_id: string; force: boolean; replaces?: string | undefined },
) {
  const deal = deals.get(`${question.tenant_id}/${question.deal_id}`);
  const refuse = (code: string, status: number) =>
    new DomainError({ code, status, title: code }, `The gate says ${code}.`);
  if (deal === undefined) throw refuse('deal-not-found', 404);
  deal.asked += 1;
  const { refusal } = deal;
  if (refusal !== undefined && !(question.force && refusal.code.startsWith('background-'))) {
    throw refuse(refusal.code, refusal.status);
  }
  const free = deal.reservedFor === undefined || deal.reservedFor === question.replaces;
  if (!free && deal.reservedFor !== question.envelope_id) throw refuse('envelope-outstanding', 409);
  deal.reservedFor = question.envelope_id;
  return {
    deal_id: deal.dealId,
    merchant_id: deal.merchantId,
    deal_version: 3,
    terms: { ...acceptedTerms(), offer: { ...acceptedTerms().offer, offer_id: deal.merchantId } },
    terms_hash: createHash('sha256').update(deal.merchantId).digest('hex'),
    deal_time: new Date().toISOString(),
  };
}

/** Stands where the gateway stands: takes webhooks from outside and passes them on as a provider's. */
async function openDoor() {
  const { createServer } = await import('node:http');
  let target: { url: string; headers: () => Promise<Record<string, string>> } | null = null;
  let refusals = 0;
  const seen: number[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    if (target === null || refusals > 0) {
      refusals -= 1;
      seen.push(503);
      res.statusCode = 503;
      return res.end();
    }
    const headers: Record<string, string> = { ...(await target.headers()) };
    for (const [name, value] of Object.entries(req.headers)) {
      if (typeof value === 'string' && /^(content-type|x-)/.test(name)) headers[name] = value;
    }
    const answer = await fetch(target.url, { method: 'POST', headers, body: Buffer.concat(chunks) });
    seen.push(answer.status);
    res.statusCode = answer.status;
    return res.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the door has no port');
  return {
    url: `http://127.0.0.1:${address.port}/api/sign/webhook`,
    /** The status of every call that came. */
    seen,
    /** Answers 503 to the next `count` calls. */
    refuse(count: number) {
      refusals = count;
    },
    leadTo(baseUrl: string, headers: () => Promise<Record<string, string>>) {
      target = { url: `${baseUrl}/api/sign/webhook`, headers };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
