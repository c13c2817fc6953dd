import { randomUUID } from 'node:crypto';
import { dealExists } from '@uw-wizard/shared/contracts/asks';
import { DomainError } from '@uw-wizard/shared/errors';
import { answerAsk } from '@uw-wizard/shared/platform/ask';
import type { Bus } from '@uw-wizard/shared/platform/bus';
import type { OnEdge } from '@uw-wizard/shared/platform/edges';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import type { Service } from '@uw-wizard/shared/platform/service';
import { runWorkers, type Stoppable } from '@uw-wizard/shared/platform/worker';
import { openTestBus } from '@uw-wizard/testkit/bus';
import { sayErased } from '@uw-wizard/testkit/erasure';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import { createTestDatabase, type TestDatabase } from '@uw-wizard/testkit/postgres';
import { afterEach, beforeEach } from 'vitest';
import type { SmsConfig } from '../src/config.ts';
import { createSmsService, migrationsFolder } from '../src/service.ts';

const identities = await createTestIdentities();
const log = createLogger({ service: 'sms-svc', level: 'silent' });
export const merchantPhone = '+12125550123';
export const ourNumber = '+12125550100';
export const dealId = '01890a5d-ac96-774b-bcce-b302099a8057';

/** The service's database; a new one for each test. */
export let database: TestDatabase;
let bus: Bus;
let service: Service;
let workers: Stoppable;
let http: { baseUrl: string; stop(): Promise<void> };

/** Starts the service; `useSms` has started one with the usual configuration. */
export async function startSms(more: Partial<SmsConfig> = {}, onEdge?: OnEdge): Promise<void> {
  const config: SmsConfig = {
    databaseUrl: database.url,
    databaseWorkerUrl: database.workerUrl,
    publicUrl: 'http://localhost',
    identityPublicKeys: [identities.publicKeyPem],
    provider: 'mock',
    webhookSecrets: [],
    sender: ourNumber,
    senderName: 'UW Wizard',
    bootstrapTenantId: 'demo',
    limits: { tenantPerMinute: 60, recipientPerHour: 10 },
    ...more,
  };
  service = await createSmsService(config, { bus, log, ...(onEdge === undefined ? {} : { onEdge }) });
  workers = runWorkers(service.workers);
  http = await serve(service.app);
}

export async function stopSms(): Promise<void> {
  await http.stop();
  await workers.stop();
  await service.close();
}

/** A service with a database of its own for each test of the file; deals-svc is played over the bus. */
export function useSms(): void {
  beforeEach(async () => {
    database = await createTestDatabase(migrationsFolder);
    bus = await openTestBus('sms-svc', log);
    await answerAsk(bus, log, dealExists, async ({ deal_id, tenant_id }) => {
      if (deal_id !== dealId || tenant_id !== 'demo')
        throw new DomainError(
          { code: 'deal-not-found', status: 404, title: 'There is no such deal' },
          'No deal has this id.',
        );
      return { deal_id, merchant_id: randomUUID(), status: 'open' as const, deal_time: '2026-11-21T10:00:00.000Z' };
    });
    await startSms();
  });

  afterEach(async () => {
    await stopSms();
    await bus.close();
    await database.drop();
  });
}

type Who = { tenant?: string; key?: string; fp?: string; kind?: 'key' | 'provider' | 'anonymous' };

export async function post(
  path: string,
  body: unknown,
  { tenant = 'demo', key, fp = 'f', kind = 'key' }: Who = {},
  headers: Record<string, string> = {},
) {
  const caller = kind === 'key' ? { tenant, role: 'analyst' as const } : {};
  const identity = { kind, sub: 'caller', rid: 'r-1', ...caller, ...(key === undefined ? {} : { key, fp }) };
  const response = await fetch(`${http.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(await identities.header('sms-svc', identity)), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

/** Where the service listens. */
export const baseUrl = (): string => http.baseUrl;

export const send = (more: object = {}, who: Who = {}) =>
  post('/api/sms/cherry/send', { to: merchantPhone, body: 'Your offer is ready.', ...more }, who);
export const webhook = (body: unknown, headers: Record<string, string> = {}) =>
  post('/api/sms/cherry/webhook', body, { kind: 'provider' }, headers);
export const inbound = (text: string, more: object = {}) =>
  webhook({ type: 'inbound', from: merchantPhone, text, ...more });

/** What deals-svc says when a merchant was erased. */
export const sayErasedHere = (event: Parameters<typeof sayErased>[1]): Promise<void> => sayErased(bus, event);

/** What the mock provider was asked to send. */
export async function ledger(): Promise<{ number: string; body: string }[]> {
  return (await database.query('SELECT number, body FROM mock_messages ORDER BY created_at')) as {
    number: string;
    body: string;
  }[];
}
/** The facts of the outbox, oldest first. */
export async function announced(): Promise<string[]> {
  return (await database.query("SELECT type FROM outbox WHERE type <> 'audit.recorded' ORDER BY created_at, id")).map(
    (row) => String(row.type),
  );
}
