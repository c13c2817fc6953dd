import { randomBytes, randomUUID } from 'node:crypto';
import { signatureGate } from '@uw-wizard/shared/contracts/asks';
import { createBlindIndex, createFieldSeals, type FieldKeys } from '@uw-wizard/shared/platform/field-encryption';
import { reseal } from '@uw-wizard/shared/platform/reseal';
import { eventually } from '@uw-wizard/testkit/eventually';
import { digitsAlone, restsIn } from '@uw-wizard/testkit/rests-in';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealedColumns } from '../src/data/sealed-columns.ts';
import { acceptedDeal, createWorld, newMerchantBody, ownerAnswers, startDeal, type World } from './world.ts';

const [ein, otherEin, digits] = ['12-8472613', '94-3862751', '7391'];
const einPattern = '8472613|3862751';

/** Seals anew as `npm run fields -- reseal` does, and gives what it said and how many values did not open. */
async function run(world: World, fieldKeys: FieldKeys, indexKeys = world.keys.fieldIndexKeys) {
  const said: string[] = [];
  const keys = { seals: createFieldSeals(fieldKeys), index: createBlindIndex(indexKeys) };
  const failed = await reseal(world.database.ownerUrl, sealedColumns, keys, (line) => said.push(line));
  const counts = said.flatMap((line) => /: (\d+) (?:sealed anew|opened)$/.exec(line)?.[1] ?? []).map(Number);
  return { failed, said, total: counts.reduce((sum, count) => sum + count, 0) };
}

/** A flow in which EIN and SSN digits go everywhere that they go: intake, confirmations, checks, terms, stored answers. */
async function flow(world: World) {
  const { dealId, merchantId } = await acceptedDeal(world);
  await world.post('/api/intake/answer', {
    deal_id: dealId,
    answers: { ...ownerAnswers, ein, owner_ssn_last4: digits },
  });
  await world.post(`/api/background/run?merchant_id=${merchantId}&deal_id=${dealId}`);
  const question = { tenant_id: world.tenant, deal_id: dealId, envelope_id: randomUUID(), force: true };
  const { terms } = await world.ask(signatureGate, question);
  // One that differs waits for a word, and is in the answer that asks for it.
  await world.post('/api/deals/start', { merchant_id: merchantId, merchant: { ein: otherEin } });
  const [key, body] = [randomUUID(), { deal_id: dealId, answers: {} }];
  const asked = await world.post('/api/intake/answer', body, { key });
  return {
    dealId,
    merchantId,
    /** The deal, what waits for a word, the terms that were promised: as one who may see all sees them. */
    async seen() {
      const again = await world.post('/api/intake/answer', body, { key });
      expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([asked.text, 'true']);
      expect((await world.ask(signatureGate, question)).terms).toEqual(terms);
      const { merchant, owner_ssn_last4 } = (await world.get(`/api/deals/${dealId}`)).body;
      const { value } = again.body.confirm.find(({ field }: { field: string }) => field === 'ein');
      return [merchant.ein, owner_ssn_last4, value, terms.merchant.ein];
    },
  };
}

const all = [ein, digits, otherEin, ein];
const resting = async (world: World) => [
  ...(await restsIn(world.database, einPattern)),
  ...(await restsIn(world.database, digitsAlone(digits))),
];

test('neither an EIN nor digits of an SSN rest anywhere in the database; who may see them does', async () => {
  const world = await createWorld();
  try {
    const { dealId, merchantId, seen } = await flow(world);
    expect(await seen()).toEqual(all);
    expect(await resting(world)).toEqual([]);
    // What is looked for in the same way, and not sealed, is found.
    expect(await restsIn(world.database, 'A second oven')).toContain('deals.use_of_funds');

    const twin = await world.post('/api/deals/start', { merchant: newMerchantBody({ ein, legal_name: 'Any Name' }) });
    expect(twin.body, 'the merchant is known by its EIN').toMatchObject({ merchant_id: merchantId, reused: true });
    const other = await startDeal(world);
    const answers = { ...ownerAnswers, owner_email: 'x@example.com', owner_phone: '+12125550111' };
    await world.post('/api/intake/answer', {
      deal_id: other.dealId,
      answers: { ...answers, ein, owner_ssn_last4: digits },
    });
    const { body } = await world.post(`/api/background/run?deal_id=${other.dealId}`);
    expect(body.reasons.map(({ code }: { code: string }) => code)).toEqual([
      'same-ein-elsewhere',
      'same-owner-elsewhere',
    ]);
    expect(body.reasons[0].detail).toContain(dealId);
  } finally {
    await world.stop();
  }
});

describe('a house whose values are sealed anew while it runs', () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const under = (...keys: Buffer[]): FieldKeys => ({ keys, sealing: true });
  const opened: FieldKeys = { keys: [newer, older], sealing: false };
  let world: World;
  let deal: Awaited<ReturnType<typeof flow>>;
  beforeAll(async () => {
    // As a release before this one left it: everything is plain.
    world = await createWorld({ fieldKeys: opened });
    deal = await flow(world);
  });
  afterAll(() => world.stop());

  test('is read and searched all the while: plain, sealed, under a newer key, and opened again', async () => {
    const plain = await resting(world);
    const columns = ['deals.confirmations', 'idempotency.body', 'merchants.ein', 'signature_reservations.terms'];
    expect(plain).toEqual([...columns, 'deals.owner_ssn_last4']);
    const merchant = newMerchantBody({ ein, legal_name: 'Any Name' });
    const found = async () => (await world.post('/api/deals/start', { merchant })).body.merchant_id;
    for (const keys of [under(older), under(newer, older)]) {
      const { failed, total } = await run(world, keys);
      expect([failed, total > 0]).toEqual([0, true]);
      expect((await run(world, keys)).total, 'a second run finds nothing to do').toBe(0);
      // What the house answered since is plain, because it has not been told to seal yet.
      await world.database.query(`DELETE FROM idempotency WHERE body NOT LIKE 'v1.%'`);
      expect(await resting(world)).toEqual([]);
      expect([await deal.seen(), await found()]).toEqual([all, deal.merchantId]);
      await run(world, keys);
    }
    await run(world, opened);
    expect(await resting(world)).toEqual(plain);
    expect([await deal.seen(), await found()]).toEqual([all, deal.merchantId]);
  });

  test('under another key of its indexes is found by the new one', async () => {
    const keys = [randomBytes(32), ...world.keys.fieldIndexKeys];
    await run(world, under(newer));
    await run(world, under(newer), keys);
    const rows = await world.database.query<{ index: string }>(
      'SELECT ein_index AS index FROM merchants WHERE id = $1',
      [deal.merchantId],
    );
    const at = { tenantId: world.tenant, column: 'merchants.ein' };
    expect(rows).toEqual([{ index: createBlindIndex(keys).of(ein, at) }]);
    await run(world, opened);
  });

  test('and dies in the middle is gone on with', async () => {
    const keys = { seals: createFieldSeals(under(older)), index: createBlindIndex(world.keys.fieldIndexKeys) };
    const dying = reseal(world.database.ownerUrl, sealedColumns, keys, () => {
      throw new Error('the power is gone');
    });
    await expect(dying).rejects.toThrow('the power is gone');
    expect(await deal.seen()).toEqual(all);
    expect((await run(world, under(older))).total).toBeGreaterThan(0);
    expect((await run(world, under(older))).total).toBe(0);
    expect(await deal.seen()).toEqual(all);
  });

  test('keeps what somebody writes at that moment', async () => {
    await run(world, under(older));
    const { merchantId, dealId } = await startDeal(world);
    const writer = new Client({ connectionString: world.database.ownerUrl });
    await writer.connect();
    await writer.query('BEGIN');
    await writer.query('UPDATE merchants SET ein = $2 WHERE id = $1', [merchantId, '46-1234567']);
    const running = run(world, under(older));
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await eventually(async () => expect(await world.database.query(waiting)).toHaveLength(1));
    await writer.query('COMMIT');
    await writer.end();
    expect((await running).failed).toBe(0);
    expect((await world.get(`/api/deals/${dealId}`)).body.merchant.ein).toBe('46-1234567');
    expect(await restsIn(world.database, '46-?1234567')).toEqual([]);
  });

  test('without the key of a value tells of it, and leaves it as it is', async () => {
    await run(world, under(older));
    const { failed, said } = await run(world, under(randomBytes(32)));
    expect(failed).toBeGreaterThan(0);
    expect(said.join()).toContain('opens with no key of FIELD_ENCRYPTION_KEY');
    expect(said.join()).not.toMatch(new RegExp(einPattern));
    expect(await deal.seen()).toEqual(all);
  });
});
