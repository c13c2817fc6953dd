import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, newMerchantBody, ownerAnswers, startDeal, type World } from './world.ts';

// OFAC's own form, with an invented company.
const sdnRow = (number: number, name: string) =>
  `${number},"${name}",-0- ,"SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n`;

let world: World;
let sanctionsDir: string;
beforeAll(async () => {
  sanctionsDir = await mkdtemp(join(tmpdir(), 'uw-sanctions-'));
  await writeFile(join(sanctionsDir, 'sdn.csv'), sdnRow(36, 'QUICKSILVER EXPORTING COMPANY'));
  world = await createWorld({ sanctionsDir });
});
afterAll(async () => {
  await world.stop();
  await rm(sanctionsDir, { recursive: true });
});

type Check = { check: string; result: string; detail: string; as_of: string | null };
const resultOf = (body: { checks: Check[] }, name: string) => body.checks.find(({ check }) => check === name)?.result;
const run = (deal: { dealId?: string; merchantId?: string }) => {
  const query = new URLSearchParams({
    ...(deal.merchantId === undefined ? {} : { merchant_id: deal.merchantId }),
    ...(deal.dealId === undefined ? {} : { deal_id: deal.dealId }),
  });
  return world.post(`/api/background/run?${query}`);
};

describe('the background checks', () => {
  test('a clean merchant is OK, every check is shown, and the status of the deal stays', async () => {
    const deal = await startDeal(world);
    const { status, body } = await run(deal);
    expect(status).toBe(200);
    expect(body).toMatchObject({ deal_id: deal.dealId, status: 'OK', reasons: [] });
    expect(body.checks.map(({ check }: Check) => check)).toEqual([
      'sanctions',
      'same_ein_elsewhere',
      'same_owner_elsewhere',
      'prior_declines',
      'restricted_industry',
    ]);
    expect(resultOf(body, 'same_owner_elsewhere')).toBe('not_checked');
    const { body: shown } = await world.get(`/api/deals/${deal.dealId}`);
    expect(shown).toMatchObject({ status: 'open', background_status: 'OK', background_run_at: expect.any(String) });
  });

  test('a name on the sanctions list is flagged, with the date of the list', async () => {
    const deal = await startDeal(world, { legal_name: 'Quicksilver Exporting Co. LLC' });
    const { body } = await run(deal);
    expect(body.status).toBe('FLAGGED');
    expect(body.reasons).toEqual([{ code: 'sanctions-match', detail: expect.stringContaining('QUICKSILVER') }]);
    expect(body.checks[0].as_of).toMatch(/^\d{4}-/);
  });

  test('a list that was replaced is read again', async () => {
    const deal = await startDeal(world, { legal_name: 'Blue Lantern Trading Ltd' });
    expect((await run(deal)).body.status).toBe('OK');
    await writeFile(
      join(sanctionsDir, 'sdn.csv'),
      sdnRow(36, 'QUICKSILVER EXPORTING COMPANY') + sdnRow(37, 'BLUE LANTERN TRADING'),
    );
    await utimes(join(sanctionsDir, 'sdn.csv'), new Date(), new Date(Date.now() + 5_000));
    expect((await run(deal)).body.status).toBe('FLAGGED');
  });

  test('an EIN that another merchant has is flagged with that merchant’s deal', async () => {
    const first = await startDeal(world);
    const { ein } = (await world.get(`/api/deals/${first.dealId}`)).body.merchant;
    const { ein: _ein, ...nameless } = newMerchantBody();
    const { body: second } = await world.post('/api/deals/start', { merchant: nameless });
    const answered = await world.post('/api/intake/answer', { deal_id: second.deal_id, answers: { ein } });
    expect(answered.status).toBe(200);
    const { body } = await run({ dealId: second.deal_id });
    expect(body.reasons).toEqual([{ code: 'same-ein-elsewhere', detail: expect.stringContaining(first.dealId) }]);
  });

  test('an owner who also stands on another merchant’s deal is flagged; a namesake is not', async () => {
    const owner = { ...ownerAnswers, owner_email: `${randomUUID()}@example.com` };
    const [one, two, three] = [await startDeal(world), await startDeal(world), await startDeal(world)];
    await world.post('/api/intake/answer', { deal_id: one.dealId, answers: owner });
    const turned = { owner_name: 'DOE, Jane', owner_email: owner.owner_email.toUpperCase() };
    await world.post('/api/intake/answer', { deal_id: two.dealId, answers: turned });
    const namesake = { owner_name: 'Jane Doe', owner_email: `${randomUUID()}@example.com` };
    await world.post('/api/intake/answer', { deal_id: three.dealId, answers: namesake });
    expect((await run(two)).body.reasons).toEqual([
      { code: 'same-owner-elsewhere', detail: expect.stringContaining(one.dealId) },
    ]);
    expect((await run(three)).body.status).toBe('OK');
  });

  test('an earlier decline of the merchant is flagged', async () => {
    const { dealId, merchantId } = await startDeal(world);
    await world.database.query(`UPDATE deals SET status = 'declined', declined_at = now() WHERE id = $1`, [dealId]);
    const { body: next } = await world.post('/api/deals/start', { merchant_id: merchantId });
    const { body } = await run({ dealId: next.deal_id });
    expect(body.reasons).toEqual([{ code: 'prior-declines', detail: expect.stringContaining(dealId) }]);
  });

  test('a restricted industry is flagged', async () => {
    const deal = await startDeal(world, { legal_name: `Lucky Star Casino ${randomUUID()} LLC` });
    expect((await run(deal)).body.reasons[0].code).toBe('restricted-industry');
  });

  test('checks of another tenant’s deals are no concern of ours', async () => {
    const deal = await startDeal(world);
    const { ein } = (await world.get(`/api/deals/${deal.dealId}`)).body.merchant;
    await world.post('/api/deals/start', { merchant: newMerchantBody({ ein }) }, { identity: { tenant: 'other' } });
    expect((await run(deal)).body.status).toBe('OK');
  });

  test('the merchant alone names its unfinished deal', async () => {
    const { dealId, merchantId } = await startDeal(world);
    expect((await run({ merchantId })).body.deal_id).toBe(dealId);
    await world.database.query(`UPDATE deals SET status = 'closed' WHERE id = $1`, [dealId]);
    const over = await run({ merchantId });
    expect([over.status, over.body.code]).toEqual([404, 'deal-not-found']);
  });

  test('a deal of another merchant, unknown ones and malformed ids are refused by name', async () => {
    const [one, other] = [await startDeal(world), await startDeal(world)];
    const mismatch = await run({ dealId: one.dealId, merchantId: other.merchantId });
    expect([mismatch.status, mismatch.body.code]).toEqual([409, 'merchant-mismatch']);
    const unknown = await run({ dealId: randomUUID() });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'deal-not-found']);
    const nobody = await run({ merchantId: randomUUID() });
    expect([nobody.status, nobody.body.code]).toEqual([404, 'merchant-not-found']);
    const malformed = await world.post('/api/background/run?deal_id=7&merchant_id=8');
    expect(malformed.status).toBe(422);
    expect(malformed.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '#/query/deal_id',
      '#/query/merchant_id',
    ]);
    const neither = await world.post('/api/background/run');
    expect([neither.status, neither.body.errors[0].pointer]).toEqual([422, '#/query/deal_id']);
  });

  test('every run is kept with what it saw; a repeat with one key is one run', async () => {
    const { dealId, merchantId } = await startDeal(world);
    const key = randomUUID();
    const path = `/api/background/run?merchant_id=${merchantId}&deal_id=${dealId}`;
    const [one, again] = [await world.post(path, undefined, { key }), await world.post(path, undefined, { key })];
    expect(again.text).toBe(one.text);
    await world.post(path);
    const rows = await world.database.query(
      'SELECT status, run_by, checks FROM background_checks WHERE deal_id = $1 ORDER BY id',
      [dealId],
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ status: 'OK', run_by: 'key-1', checks: one.body.checks });
  });
});

test.each([
  ['no sanctions list is installed', null, 'No sanctions list is installed.'],
  ['the sanctions list cannot be read', '<html>Not here</html>', expect.stringContaining('cannot be read: sdn.csv')],
])('with real providers nobody is cleared while %s', async (_case, content, detail) => {
  const folder = await mkdtemp(join(tmpdir(), 'uw-sanctions-'));
  if (content !== null) await writeFile(join(folder, 'sdn.csv'), content);
  const strict = await createWorld({ mockMode: false, ...(content === null ? {} : { sanctionsDir: folder }) });
  try {
    const { dealId } = await startDeal(strict);
    const { body } = await strict.post(`/api/background/run?deal_id=${dealId}`);
    expect(body).toMatchObject({ status: 'FLAGGED', reasons: [{ code: 'check-not-run' }] });
    expect(body.checks[0]).toEqual({ check: 'sanctions', result: 'not_checked', detail, as_of: null });
  } finally {
    await strict.stop();
    await rm(folder, { recursive: true });
  }
});
