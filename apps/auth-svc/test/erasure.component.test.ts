import { randomUUID } from 'node:crypto';
import { erasureOf } from '@uw-wizard/shared/contracts/erasure';
import { erasureOfMerchant, sayErased } from '@uw-wizard/testkit/erasure';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAuthOperations } from '../src/operations.ts';
import { auditKey, openWorld, tenant, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const merchantId = randomUUID();
const erasure = (ask: number) => erasureOfMerchant({ tenantId: tenant, merchantId, dealIds: [], ask });
const answers = () => world.factsOf(erasureOf(merchantId));

test('what could not be put into the audit log about an erased merchant is blanked, whosever it is said to be, and that is told once', async () => {
  const body = JSON.stringify({ type: 'audit.recorded', data: { merchant: merchantId, detail: 'Ann Smith' } });
  for (const owner of [`'${tenant}'`, 'NULL'])
    await world.database.query(
      `INSERT INTO dead_letter (id, publisher, type, body, reason, attempts, tenant_id)
       VALUES (gen_random_uuid(), 'deals-svc', 'audit.recorded', '${body}', 'Ann Smith is no actor', 1, ${owner})`,
    );
  const event = erasure(1);
  await sayErased(world.bus, event);
  await sayErased(world.bus, event);
  await eventually(async () => expect(await answers()).toMatchObject([{ type: 'auth.erased', data: { ask: 1 } }]));
  const letters = await world.database.query<{ body: string; reason: string }>('SELECT body, reason FROM dead_letter');
  expect(letters).toHaveLength(2);
  expect(JSON.stringify(letters)).not.toContain('Ann');
});

test('one that cannot be read is a dead letter that can be replayed once it is mended', async () => {
  const event = { ...erasure(2), data: { ask: 2 } };
  await sayErased(world.bus, event);
  await eventually(async () =>
    expect(await world.database.query(`SELECT id FROM dead_letter WHERE id = '${event.id}'`)).toHaveLength(1),
  );
  await world.database.query(
    `UPDATE dead_letter SET body = '${JSON.stringify({ ...event, data: erasure(2).data })}' WHERE id = '${event.id}'`,
  );
  const operations = openAuthOperations({
    databaseUrl: world.database.url,
    databaseWorkerUrl: world.database.workerUrl,
    auditKeys: [auditKey],
  });
  try {
    await operations.replay(event.id);
  } finally {
    await operations.close();
  }
  await eventually(async () => {
    const told = (await answers()).filter(({ type }) => type === 'auth.erased');
    expect(told).toMatchObject([{ data: { ask: 1 } }, { data: { ask: 2 } }]);
  });
});
