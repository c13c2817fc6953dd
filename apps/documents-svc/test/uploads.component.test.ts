import { createHash } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { currentStatements } from '@uw-wizard/shared/contracts/asks';
import { eventually } from '@uw-wizard/testkit/eventually';
import { generateStatements } from '@uw-wizard/testkit/statements/generate-statements';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { dealId, type FormFile, goodFiles, type Harness, legalName, merchantId, startHarness } from './harness.ts';

let service: Harness;
let good: FormFile[];
let others: FormFile[];
beforeAll(async () => {
  good = await goodFiles(1);
  others = await goodFiles(2);
});
beforeEach(async () => {
  service = await startHarness();
});
afterEach(() => service.stop());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const question = { tenant_id: 'demo', deal_id: dealId };
const currentSets = () => service.database.query<{ id: string }>('SELECT id FROM statement_sets WHERE current');
const typesOf = async () => (await service.facts()).map(({ type }) => type);

test('three statements are stored, read, and answered with what they say', async () => {
  const [truth] = await generateStatements({ seed: 1, legalName });
  const answer = await service.upload(good);
  expect(answer.status).toBe(200);
  expect(Object.keys(answer.body)).toEqual(['deal_id', 'documents', 'analysis']);
  expect(answer.body.deal_id).toBe(dealId);
  expect(answer.body.documents).toHaveLength(3);
  for (const [at, { name, bytes }] of good.entries()) {
    const checksum = sha256(bytes);
    const document = answer.body.documents[at];
    expect(document).toEqual({
      document_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      filename: name,
      size_bytes: bytes.length,
      pages: expect.any(Number),
      checksum,
      bucket: 'local',
      storage_key: `demo/${dealId}/${checksum}.pdf`,
      scan: { status: 'not_scanned' },
      statement: expect.objectContaining({ holder: legalName, reconciled: true, flags: [] }),
    });
    expect(document.pages).toBeGreaterThan(0);
  }
  const first = answer.body.documents[0].statement;
  expect(first).toMatchObject({
    bank: truth?.truth.bank,
    account_last4: truth?.truth.accountLast4,
    period_start: truth?.truth.periodStart,
    period_end: truth?.truth.periodEnd,
    beginning_balance_cents: truth?.truth.beginningBalanceCents,
    ending_balance_cents: truth?.truth.endingBalanceCents,
    deposits_cents: truth?.truth.depositsCents,
    withdrawals_cents: truth?.truth.withdrawalsCents,
    transaction_count: truth?.truth.transactions.length,
  });
  expect(answer.body.analysis).toMatchObject({
    status: 'done',
    months: 3,
    avg_monthly_revenue_cents: truth?.analysis.avgMonthlyRevenueCents,
    nsf_count: 0,
  });
});

test('the files are kept for their owner alone, under names that no client gave, and the spool is empty', async () => {
  const named = good.map((file, at) => ({ ...file, name: at === 0 ? '../../../etc/passwd' : file.name }));
  const { body } = await service.upload(named);
  expect(body.documents[0].filename).not.toContain('/');
  const kept = await service.kept();
  expect(kept).toMatchObject({ sets: 1, documents: 3, statements: 3, spooled: [] });
  expect(kept.stored.sort()).toEqual(good.map(({ bytes }) => `${sha256(bytes)}.pdf`).sort());
  for (const { storage_key: key } of body.documents) {
    expect((await stat(join(service.root, 'uploads', key))).mode & 0o777).toBe(0o600);
  }
});

test('an id in capitals is the same id', async () => {
  const { body } = await service.upload(good, { dealId: dealId.toUpperCase(), merchantId: merchantId.toUpperCase() });
  expect(body.documents[0].storage_key).toContain(`demo/${dealId}/`);
  const listed = await service.call(`/api/deals/${dealId.toUpperCase()}/documents`);
  expect(await listed.json()).toEqual({ data: body.documents });
});

test('a file of exactly the limit is taken', async () => {
  await service.restart({ maxFileBytes: Math.max(...good.map(({ bytes }) => bytes.length)) });
  expect((await service.upload(good)).status).toBe(200);
});

test('an upload is announced once it is stored, dated after all that is known of the deal', async () => {
  const deal = service.deals.get(`demo/${dealId}`);
  if (deal === undefined) throw new Error('the deal is missing');
  deal.time = '2031-01-01T00:00:00.000Z';
  const { body } = await service.upload(good);
  const [uploaded, analyzed] = await eventually(() => {
    expect(service.events).toHaveLength(2);
    return service.events;
  });
  expect(uploaded).toMatchObject({
    type: 'document.uploaded',
    source: 'documents-svc',
    subject: dealId,
    dealid: dealId,
    merchantid: merchantId,
    tenantid: 'demo',
    sequence: 1,
  });
  expect(analyzed).toMatchObject({ type: 'statement.analyzed', sequence: 2 });
  const [{ id } = { id: '' }] = await currentSets();
  expect(uploaded?.data).toEqual({
    statement_set_id: id,
    kind: 'bank_statements',
    documents: body.documents.map((document: Record<string, unknown>) => ({
      document_id: document.document_id,
      checksum: document.checksum,
      size_bytes: document.size_bytes,
      pages: document.pages,
    })),
  });
  expect(analyzed?.data).toEqual({ statement_set_id: id, analysis: body.analysis });
  expect(Date.parse(uploaded?.time ?? '')).toBeGreaterThan(Date.parse(deal.time));
  expect(Date.parse(analyzed?.time ?? '')).toBeGreaterThan(Date.parse(uploaded?.time ?? ''));
});

test('whoever prices the deal is told which statements are current, and none before there are any', async () => {
  expect(await service.ask(currentStatements, question)).toEqual({ status: 'none' });
  const { body } = await service.upload(good);
  const [{ id } = { id: '' }] = await currentSets();
  const reply = await service.ask(currentStatements, question);
  expect(reply).toEqual({
    status: 'done',
    statement_set_id: id,
    analysis: body.analysis,
    reconciled: true,
    deal_time: expect.any(String),
  });
  expect(await service.ask(currentStatements, { ...question, tenant_id: 'other' })).toEqual({ status: 'none' });
});

test('a repeat with the same key gets the first answer to the byte, and leaves nothing new', async () => {
  const first = await service.upload(good, { key: 'k-1' });
  const second = await service.upload(good, { key: 'k-1' });
  expect(second.text).toBe(first.text);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(await service.kept()).toMatchObject({ sets: 1, documents: 3, spooled: [] });
  expect(await typesOf()).toEqual(['document.uploaded', 'statement.analyzed']);
});

test('ten uploads at once with one key make one set, and all get its answer', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => service.upload(good, { key: 'k-1' })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(await service.kept()).toMatchObject({ sets: 1, documents: 3, spooled: [] });
  expect(await typesOf()).toEqual(['document.uploaded', 'statement.analyzed']);
});

test('the same files again without a key are a new set in the place of the former one', async () => {
  const first = await service.upload(good);
  const second = await service.upload(good);
  expect(second.body.documents[0].document_id).not.toBe(first.body.documents[0].document_id);
  expect(second.body.documents[0].storage_key).toBe(first.body.documents[0].storage_key);
  expect(await currentSets()).toHaveLength(1);
  const kept = await service.kept();
  expect(kept).toMatchObject({ sets: 2, documents: 6 });
  expect(kept.stored).toHaveLength(3);
});

test('the same files on another deal are stored apart', async () => {
  const otherDeal = '01935f00-0000-7000-8000-00000000000a';
  service.deals.set(`demo/${otherDeal}`, { merchantId, status: 'open', time: '2026-11-21T10:00:00.000Z' });
  const first = await service.upload(good);
  const second = await service.upload(good, { dealId: otherDeal });
  expect(second.body.documents[0].storage_key).toBe(first.body.documents[0].storage_key.replace(dealId, otherDeal));
  expect((await service.kept()).stored).toHaveLength(6);
});

test('of uploads that race for one deal the last to be saved is current, whole', async () => {
  const answers = await Promise.all([good, others, good, others].map((files) => service.upload(files)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await currentSets()).toHaveLength(1);
  const facts = (await service.facts()).filter(({ type }) => type === 'document.uploaded');
  expect(facts).toHaveLength(4);
  const [{ id } = { id: '' }] = await currentSets();
  expect(facts.at(-1)?.data.statement_set_id).toBe(id);
  const ids = facts.map(({ data }) => String(data.statement_set_id));
  expect(ids.toSorted()).toEqual(ids);
});

test('the set that is saved last has the greatest id, also after one by a process whose clock is ahead', async () => {
  const future = '09999999-9999-7999-8999-999999999999';
  await service.database.query(
    `INSERT INTO statement_sets (id, tenant_id, deal_id, merchant_id, legal_name, status, analysis, current, created_at)
     VALUES ($1, 'demo', $2, $3, 'x', 'pending', '{}', true, now())`,
    [future, dealId, merchantId],
  );
  expect((await service.upload(good)).status).toBe(200);
  const [{ id } = { id: '' }] = await currentSets();
  expect(id > future).toBe(true);
});

test('statements of somebody else are taken, and say so', async () => {
  const strangers = await generateStatements({ seed: 5, legalName: 'Riverside Trucking Inc' });
  const { body } = await service.upload(strangers.map(({ filename, pdf }) => ({ name: filename, bytes: pdf })));
  expect(body.documents[0].statement.flags).toContainEqual({
    code: 'holder-differs',
    field: 'holder',
    detail: expect.stringContaining(legalName),
  });
});

test('while deals-svc is silent nobody uploads: 503, nothing is kept, and the list of a bare deal waits too', async () => {
  await service.silenceDeals();
  const { status, body, headers } = await service.upload(good);
  expect([status, body.code]).toEqual([503, 'owner-unavailable']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await service.kept()).toMatchObject({ sets: 0, stored: [], spooled: [] });
  expect((await service.call(`/api/deals/${dealId}/documents`)).status).toBe(503);
});

test('with all places taken an upload waits its turn, and is told to come back when that takes too long', async () => {
  await service.restart({ maxUploadsAtOnce: 1 });
  const all = await Promise.all([good, others, good].map((files) => service.upload(files)));
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200]);
  await service.restart({ maxUploadsAtOnce: 1, turnTimeoutMs: 1 });
  const some = await Promise.all([good, others, good].map((files) => service.upload(files)));
  const busy = some.find(({ status }) => status === 503);
  expect(busy?.body.code).toBe('uploads-busy');
  expect(Number(busy?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(some.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
  expect((await service.kept()).spooled).toEqual([]);
});

test('what a process that died left in the spool is gone when the service starts', async () => {
  await mkdir(join(service.root, 'spool', 'left-behind'), { recursive: true });
  await writeFile(join(service.root, 'spool', 'left-behind', '1.pdf'), 'x');
  await service.restart();
  expect((await service.kept()).spooled).toEqual([]);
});
