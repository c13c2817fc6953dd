import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dealExists, uploadGate } from '@uw-wizard/shared/contracts/asks';
import type { Envelope } from '@uw-wizard/shared/contracts/event';
import { DomainError } from '@uw-wizard/shared/errors';
import { answerAsk, createAsk } from '@uw-wizard/shared/platform/ask';
import type { OnEdge } from '@uw-wizard/shared/platform/edges';
import type { Identity } from '@uw-wizard/shared/platform/identity';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { runWorkers } from '@uw-wizard/shared/platform/worker';
import { openTestBus } from '@uw-wizard/testkit/bus';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import { createTestDatabase } from '@uw-wizard/testkit/postgres';
import { generateStatements } from '@uw-wizard/testkit/statements/generate-statements';
import type { DocumentsConfig } from '../src/config.ts';
import { createDocumentsService, migrationsFolder } from '../src/service.ts';

export const dealId = '01935f00-0000-7000-8000-0000000000a1';
export const merchantId = '01935f00-0000-7000-8000-0000000000b2';
export const legalName = 'Prairie Bakery LLC';
const analyst = { kind: 'user', tenant: 'demo', sub: 'u-1', role: 'analyst', rid: 'r-1' } as const;

/** A file of a form, as a client would send it. */
export type FormFile = { name: string; bytes: Uint8Array; field?: string; type?: string };

/** Three good statements of one merchant. */
export async function goodFiles(seed = 1): Promise<FormFile[]> {
  const files = await generateStatements({ seed, legalName });
  return files.map(({ filename, pdf }) => ({ name: filename, bytes: pdf }));
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

/**
 * documents-svc on a database of its own, a folder of its own and the in-process bus, beside a deals-svc that answers its
 * two questions from `deals`. `restart` ends the service and starts another on the same data.
 */
export async function startHarness(config: Partial<DocumentsConfig> = {}) {
  const identities = await createTestIdentities();
  const database = await createTestDatabase(migrationsFolder);
  const root = await mkdtemp(join(tmpdir(), 'documents-svc-'));
  const log = createLogger({ service: 'documents-svc', level: 'silent' });
  const bus = await openTestBus('documents-svc', log);
  const deals = new Map([[`demo/${dealId}`, { merchantId, status: 'open', time: '2026-11-21T10:00:00.000Z' }]]);
  const asked = { gate: 0 };
  const edge: { hook: OnEdge } = { hook: () => undefined };
  const events: Envelope[] = [];

  const dealOf = (tenantId: string, id: string) => {
    const deal = deals.get(`${tenantId}/${id}`);
    if (deal !== undefined) return deal;
    throw new DomainError({ code: 'deal-not-found', status: 404, title: 'There is no such deal' }, `No deal ${id}.`);
  };
  const stoppables = [
    await answerAsk(bus, log, uploadGate, async (question) => {
      asked.gate += 1;
      const deal = dealOf(question.tenant_id, question.deal_id);
      const no = (code: string) => new DomainError({ code, status: 409, title: code }, `The deal says ${code}.`);
      if (deal.merchantId !== question.merchant_id) throw no('merchant-mismatch');
      if (deal.status !== 'open') throw no('illegal-transition');
      return {
        deal_id: question.deal_id,
        merchant_id: deal.merchantId,
        legal_name: legalName,
        status: 'open' as const,
        deal_time: deal.time,
      };
    }),
    await answerAsk(bus, log, dealExists, async (question) => {
      const deal = dealOf(question.tenant_id, question.deal_id);
      return {
        deal_id: question.deal_id,
        merchant_id: deal.merchantId,
        status: 'open' as const,
        deal_time: deal.time,
      };
    }),
    await bus.subscribe({ stream: 'documents-svc', durable: 'test', concurrency: 10 }, async (delivery) => {
      events.push(JSON.parse(delivery.body));
      await delivery.ack();
    }),
  ];

  const fieldKeys = { keys: [randomBytes(32)], sealing: true };
  const start = async (more: Partial<DocumentsConfig>) => {
    const service = await createDocumentsService(
      {
        databaseUrl: database.url,
        databaseWorkerUrl: database.workerUrl,
        publicUrl: 'http://localhost',
        identityPublicKeys: [identities.publicKeyPem],
        fieldKeys,
        storage: { kind: 'local', folder: join(root, 'uploads') },
        spoolDir: join(root, 'spool'),
        ...config,
        ...more,
      },
      { bus, log, onEdge: (kind, name) => edge.hook(kind, name) },
    );
    const workers = runWorkers(service.workers);
    const http = await serve(service.app);
    return {
      baseUrl: http.baseUrl,
      async stop() {
        service.health.drain();
        await http.stop();
        await workers.stop();
        await service.close();
      },
    };
  };
  let running = await start({});

  const call = async (path: string, init: RequestInit = {}, identity: Partial<Identity> = {}) => {
    const who = { ...analyst, ...identity };
    const headers = {
      ...Object.fromEntries(new Headers(init.headers)),
      ...(await identities.header('documents-svc', who)),
    };
    return fetch(`${running.baseUrl}${path}`, { ...init, headers });
  };

  return {
    database,
    fieldKeys,
    bus,
    ask: createAsk(bus),
    deals,
    asked,
    edge,
    events,
    root,
    call,
    header: (identity: Partial<Identity> = {}) => identities.header('documents-svc', { ...analyst, ...identity }),
    baseUrl: () => running.baseUrl,
    /** Uploads `files` for the deal; `key` is the call's idempotency key. */
    async upload(
      files: readonly FormFile[],
      options: { key?: string; dealId?: string; merchantId?: string; identity?: Partial<Identity> } = {},
    ) {
      const form = new FormData();
      for (const { name, bytes, field, type } of files) {
        form.append(field ?? 'files', new Blob([Buffer.from(bytes)], { type: type ?? 'application/pdf' }), name);
      }
      const query = new URLSearchParams({
        deal_id: options.dealId ?? dealId,
        merchant_id: options.merchantId ?? merchantId,
      });
      const key = options.key === undefined ? {} : { key: options.key, fp: 'same-files' };
      const identity = { ...key, ...options.identity };
      return answerOf(await call(`/api/documents/bank/upload?${query}`, { method: 'POST', body: form }, identity));
    },
    /** What an upload leaves: rows, stored files, files in the spool. */
    async kept() {
      const counts = await database.query<{ sets: number; documents: number; statements: number }>(
        `SELECT (SELECT count(*)::int FROM statement_sets) AS sets, (SELECT count(*)::int FROM documents) AS documents,
                (SELECT count(*)::int FROM statements) AS statements`,
      );
      return {
        ...counts[0],
        stored: await filesIn(join(root, 'uploads')),
        spooled: await entriesIn(join(root, 'spool')),
      };
    },
    /** The facts in the outbox, oldest first. */
    async facts() {
      const rows = await database.query<{ envelope: Envelope }>(
        "SELECT envelope FROM outbox WHERE type <> 'audit.recorded' ORDER BY subject, sequence",
      );
      return rows.map(({ envelope }) => envelope);
    },
    /** deals-svc no longer answers. */
    async silenceDeals() {
      for (const stoppable of stoppables.splice(0, 2)) await stoppable.stop();
    },
    async restart(more: Partial<DocumentsConfig> = {}) {
      await running.stop();
      running = await start(more);
    },
    async stop() {
      await running.stop();
      for (const stoppable of stoppables) await stoppable.stop();
      await bus.close();
      await database.drop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A response with its body read as JSON. */
export async function answerOf(response: Response) {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === '' ? null : JSON.parse(text) };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function entriesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
