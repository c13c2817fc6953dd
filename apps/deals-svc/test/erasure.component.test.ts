import { dealExists } from '@uw-wizard/shared/contracts/asks';
import { documentAlerted } from '@uw-wizard/shared/contracts/documents';
import { erasureOf, smsErased } from '@uw-wizard/shared/contracts/erasure';
import { eventually } from '@uw-wizard/testkit/eventually';
import { whileOpened } from '@uw-wizard/testkit/rests-in';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealedColumns } from '../src/data/sealed-columns.ts';
import { runErase } from '../src/erase.ts';
import { acceptedDeal, createWorld, newMerchantBody, ownerAnswers, startDeal, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.stop());

const said = {
  legal_name: 'Prairie Smith Bakery LLC',
  ein: '98-7654321',
  phone: '+13125550142',
  email: 'ann@smith.example',
};
const personal = [
  ...Object.values(said),
  'Ann Smith',
  'ann.owner@smith.example',
  '+13125550143',
  'a second oven for Ann',
];

/** A merchant with everything said about it, whose deal is over. */
async function overDeal() {
  const deal = await startDeal(world, { ...said, dba: 'Smith and Daughters' });
  const answers = {
    ...ownerAnswers,
    owner_name: 'Ann Smith',
    owner_email: 'ann.owner@smith.example',
    owner_phone: '+13125550143',
    use_of_funds: 'a second oven for Ann',
    owner_ssn_last4: '4321',
  };
  const answered = await world.post('/api/intake/answer', { deal_id: deal.dealId, answers });
  expect(answered.status, answered.text).toBe(200);
  await end(deal.dealId);
  return deal;
}

/** No call ends a deal without a signature yet. */
async function end(dealId: string) {
  await world.database.query(`UPDATE deals SET status = 'declined' WHERE id = '${dealId}'`);
}

async function erase(...args: string[]) {
  let text = '';
  const open = async () => ({
    databaseUrl: world.database.url,
    databaseWorkerUrl: world.database.workerUrl,
    ...world.keys,
    bootstrapTenantId: world.tenant,
  });
  const write = (part: string) => {
    text += part;
  };
  return { code: await runErase(['erase', ...args], { open, write }), text };
}

/** What of `texts` stands in any row of any table of a tenant's. */
function found(texts: readonly string[]): Promise<string[]> {
  return whileOpened(world.database, sealedColumns, world.keys, () => foundOpen(texts));
}

async function foundOpen(texts: readonly string[]): Promise<string[]> {
  const tables = await world.database.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'`,
  );
  let rows = '';
  for (const { name } of tables) {
    // In the house a fingerprint is a digest; that of this test is the request itself.
    const all = `SELECT to_jsonb(t) - 'fingerprint' AS row FROM ${name} t`;
    rows += JSON.stringify(await world.database.query(all));
  }
  return texts.filter((text) => rows.includes(text));
}

test('what is known of the person goes, amounts and times stay, and the deal can still be read', async () => {
  const { dealId, merchantId } = await overDeal();
  const other = await startDeal(world, { legal_name: 'Another Bakery LLC' });
  expect(await found(personal)).toEqual(personal);

  const { code, text } = await erase('--merchant', merchantId, '--yes', '--wait', '0', '--by', 'pat');
  expect(text).toContain('deals-svc has erased what it had.');
  expect(text).toContain('erased in 1 of 5. documents-svc, signing-svc, sms-svc, auth-svc did not answer within 0 s.');
  expect(code).toBe(1);

  expect(await found(personal)).toEqual([]);
  const { status, body } = await world.get(`/api/deals/${dealId}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: 'declined',
    requested_amount_cents: ownerAnswers.requested_amount_cents,
    merchant: { legal_name: '[erased]', ein: null, phone: null, email: null },
    owner_name: null,
    owner_ssn_last4: null,
    erased_at: expect.any(String),
  });
  expect((await world.get(`/api/deals/${dealId}/events`)).body.data.length).toBeGreaterThan(1);
  expect((await world.get(`/api/deals/${other.dealId}`)).body.merchant.legal_name).toBe('Another Bakery LLC');
});

test('no column of merchants and deals that can hold words keeps them, but for those that are not about the person', async () => {
  const { dealId, merchantId } = await overDeal();
  const name = 'Zoe Quill';
  const columns = await world.database.query<{ table: string; column: string; type: string }>(
    `SELECT table_name AS "table", column_name AS "column", data_type AS type FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name IN ('merchants', 'deals') AND data_type IN ('text', 'jsonb')
       AND column_name <> 'tenant_id'`,
  );
  // What is put into them here keeps to no other rule.
  const rules = await world.database.query<{ statement: string }>(
    `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS statement FROM pg_constraint
     WHERE contype = 'c' AND conrelid IN ('merchants'::regclass, 'deals'::regclass)`,
  );
  for (const { statement } of rules) await world.database.query(statement);
  const idOf = (table: string) => (table === 'deals' ? dealId : merchantId);
  for (const { table, column, type } of columns) {
    const value = type === 'text' ? `'${name}'` : `'[{"funder": "${name}"}]'`;
    await world.database.query(`UPDATE ${table} SET ${column} = ${value} WHERE id = '${idOf(table)}'`);
  }
  await erase('--merchant', merchantId, '--yes', '--wait', '0');
  const kept = [];
  for (const { table, column } of columns) {
    const has = `SELECT FROM ${table} WHERE id = '${idOf(table)}' AND ${column}::text LIKE '%${name}%'`;
    if ((await world.database.query(has)).length > 0) kept.push(`${table}.${column}`);
  }
  // The offer as it was accepted, its grade, who works on the deal, and where it came from.
  expect(kept.toSorted()).toEqual(['deals.accepted_terms', 'deals.assignee', 'deals.paper_grade', 'deals.source']);
});

test('a merchant whose deal is not over is not erased, and a look erases nothing', async () => {
  const open = await startDeal(world);
  const refused = await erase('--merchant', open.merchantId, '--yes');
  expect(refused).toEqual({
    code: 1,
    text: `Nothing was erased:\n  Deal ${open.dealId} is open: it has to be declined or deleted first.\n`,
  });
  const { dealId, merchantId } = await acceptedDeal(world);
  const envelope = '01950000-0000-7000-8000-00000000000a';
  await world.database.query(
    `INSERT INTO signature_reservations (envelope_id, tenant_id, deal_id, terms, terms_hash, deal_version, force, reserved_at)
     VALUES ('${envelope}', '${world.tenant}', '${dealId}', '{}', '', 1, false, now())`,
  );
  expect((await erase('--merchant', merchantId, '--yes')).text).toContain('is out for signature');
  await end(dealId);
  expect((await erase('--merchant', merchantId, '--yes')).text).toContain('is out for signature');

  const over = await overDeal();
  const { code, text } = await erase('--merchant', over.merchantId);
  expect(code).toBe(0);
  expect(text).toContain('Nothing was erased. Add --yes to erase it.');
  expect(text).toContain(`deal ${over.dealId}, declined`);
  expect((await world.get(`/api/deals/${over.dealId}`)).body.merchant.legal_name).toBe(said.legal_name);
  await erase('--merchant', over.merchantId, '--yes', '--wait', '0');
});

test('each service that answers is counted, once, and a late answer does not count for a later ask', async () => {
  const { merchantId } = await overDeal();
  const answer = (ask: number) => {
    const data = { merchant_id: merchantId, ask, rows: 1, files: 0 };
    return world.publish(world.eventOf(smsErased, { subject: erasureOf(merchantId), merchantId }, data));
  };
  await erase('--merchant', merchantId, '--yes', '--wait', '0');
  await answer(1);
  const again = await erase('--merchant', merchantId, '--yes', '--wait', '0');
  expect(again.text).toContain('erased in 1 of 5');
  await answer(2);
  await answer(1);
  const [row] = await world.database.query<{ asked: number; answers: object }>(
    `SELECT asked, answers FROM erased_merchant WHERE merchant_id = '${merchantId}'`,
  );
  expect(row).toMatchObject({ asked: 2, answers: { 'sms-svc': { ask: 2 }, 'deals-svc': { ask: 2 } } });
  const asks = await world.database.query<{ sequence: string; data: object }>(
    `SELECT sequence, envelope->'data' AS data FROM outbox WHERE type = 'merchant.erased' AND subject = '${erasureOf(merchantId)}' ORDER BY sequence`,
  );
  expect(asks.map(({ sequence }) => Number(sequence))).toEqual([1, 2]);
  expect(JSON.stringify(asks)).not.toContain('+1312');
});

test('nothing that comes late brings anything back: no call, no question, no event', async () => {
  const { dealId, merchantId } = await overDeal();
  await erase('--merchant', merchantId, '--yes', '--wait', '0');
  const answers = { owner_name: 'Ann Smith' };
  for (const late of [
    await world.post('/api/intake/answer', { deal_id: dealId, answers }),
    await world.post('/api/deals/start', { merchant_id: merchantId, merchant: { phone: said.phone } }),
  ]) {
    expect(late.status).toBe(410);
    expect(late.body.code).toBe('merchant-erased');
  }
  await expect(world.ask(dealExists, { tenant_id: world.tenant, deal_id: dealId })).rejects.toMatchObject({
    kind: { code: 'merchant-erased' },
  });
  const alert = { severity: 'warning' as const, code: 'holder-differs', message: 'The holder is Ann Smith' };
  await world.publish(world.eventOf(documentAlerted, { dealId, merchantId }, alert));
  const { data } = (await world.get(`/api/alerts?deal_id=${dealId}`)).body;
  expect(data).toMatchObject([{ code: 'holder-differs', message: '[erased]' }]);
  expect(await found(personal)).toEqual([]);

  // The same business, come anew, is another merchant.
  const anew = await world.post('/api/deals/start', { merchant: newMerchantBody(said) });
  expect(anew.status).toBe(200);
  expect(anew.body.merchant_id).not.toBe(merchantId);
});

test('who was erased, when, by whom and why is listed, and stands in the audit log without a name', async () => {
  const { merchantId } = await overDeal();
  await erase('--merchant', merchantId, '--yes', '--wait', '0', '--by', 'pat', '--reason', 'ticket 17');
  const { code, text } = await erase('list', '--tenant', world.tenant);
  expect(code).toBe(0);
  expect(text).toMatch(new RegExp(`^${world.tenant} ${merchantId} \\d{4}-\\S+Z pat: ticket 17$`, 'm'));
  await eventually(async () => {
    const audited = await world.database.query<{ data: { actor: object; entries: object[] } }>(
      `SELECT envelope->'data' AS data FROM outbox WHERE type = 'audit.recorded' AND envelope::text LIKE '%merchant.erased%' AND envelope::text LIKE '%${merchantId}%'`,
    );
    expect(audited.map(({ data }) => data)).toMatchObject([
      { actor: { kind: 'house', id: 'operator pat' }, entries: [{ action: 'merchant.erased', entity_id: merchantId }] },
    ]);
  });
});

test.each([
  [['--merchant', 'all'], 'erase takes --merchant ID'],
  [['lists'], 'There is no "erase lists"'],
  [['--merchant', '01950000-0000-7000-8000-00000000000b', '--wait', 'long'], '--wait takes'],
  [['--tenant', 'A B'], "is no tenant's ID"],
  [['--colour'], '--colour'],
])('a command line that is wrong says how and does nothing: %s', async (args, sentence) => {
  const { code, text } = await erase(...args);
  expect(code).toBe(2);
  expect(text).toContain(sentence);
});

test('a merchant that the tenant does not have, or another has, is not there', async () => {
  const { merchantId } = await startDeal(world);
  const elsewhere = await erase('--merchant', merchantId, '--tenant', 'other', '--yes');
  expect(elsewhere).toEqual({ code: 1, text: `other has no merchant ${merchantId}.\n` });
});
