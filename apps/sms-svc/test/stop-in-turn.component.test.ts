import { openDatabase } from '@uw-wizard/shared/platform/database';
import { eventually } from '@uw-wizard/testkit/eventually';
import { createTestDatabase } from '@uw-wizard/testkit/postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PrismaClient } from '../src/data/generated/client.ts';
import { createSmsStore, type SmsTx } from '../src/data/store.ts';
import type { SmsProvider } from '../src/domain/sms-provider.ts';
import { migrationsFolder } from '../src/service.ts';
import { receiveText } from '../src/usecases/receive-text.ts';
import { sendText } from '../src/usecases/send-text.ts';

const merchantPhone = '+12125550123';
let own: Awaited<ReturnType<typeof createTestDatabase>>;
let database: ReturnType<typeof openDatabase<SmsTx>>;
beforeEach(async () => {
  own = await createTestDatabase(migrationsFolder);
  database = openDatabase<SmsTx>({ url: own.url, client: (adapter) => new PrismaClient({ adapter }) });
});
afterEach(async () => {
  await database.close();
  await own.drop();
});

test('a STOP is answered after a text that is on its way has gone, never before', async () => {
  const onItsWay = Promise.withResolvers<void>();
  const providerAnswers = Promise.withResolvers<void>();
  const told: string[] = [];
  const provider: SmsProvider = {
    name: 'mock',
    find: async () => null,
    async send() {
      onItsWay.resolve();
      await providerAnswers.promise;
      told.push('the provider has the text');
      return { providerMessageId: 'p-1' };
    },
  };
  const deps = {
    store: createSmsStore(database),
    provider,
    exclusively: database.exclusively,
    clock: () => new Date(),
    findDeal: async () => ({ merchantId: '', dealTime: '' }),
    sender: null,
    limits: { tenantPerMinute: 60, recipientPerHour: 10 },
    ownerOf: () => null,
    fallbackTenantId: 'demo',
    senderName: 'UW Wizard',
    onReply: () => undefined,
  };
  const identity = { kind: 'key' as const, sub: 'k', rid: 'r', tenant: 'demo', role: 'analyst' as const };
  const call = { identity, ref: 'c-1', method: 'POST', path: '/', show: () => ({ body: {} }) };
  const sending = sendText(deps, call, {
    to: merchantPhone,
    body: 'Hello',
    dealId: undefined,
    category: 'transactional',
  });
  await onItsWay.promise;
  const stop = { from: merchantPhone, to: null, text: 'STOP', providerMessageId: null };
  const stopping = receiveText(deps, stop).then(() => told.push('the STOP is answered'));
  await eventually(async () => {
    const [waiting] = await own.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    expect(told.length + (waiting?.n ?? 0)).toBeGreaterThan(0);
  });
  providerAnswers.resolve();
  await Promise.all([sending, stopping]);
  expect(told).toEqual(['the provider has the text', 'the STOP is answered']);
});
