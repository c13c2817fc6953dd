import { rm } from 'node:fs/promises';
import { currentStatements } from '@uw-wizard/shared/contracts/asks';
import { openDatabase } from '@uw-wizard/shared/platform/database';
import { createFieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { eventually } from '@uw-wizard/testkit/eventually';
import { invoicePdf } from '@uw-wizard/testkit/statements/bad-files';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { PrismaClient } from '../src/data/generated/client.ts';
import { createReadingsStore } from '../src/data/readings.store.ts';
import type { DocumentsTx } from '../src/data/uploads.store.ts';
import { answerOf, dealId, type FormFile, goodFiles, type Harness, merchantId, startHarness } from './harness.ts';

let service: Harness;
let good: FormFile[];
beforeAll(async () => {
  good = await goodFiles();
});
beforeEach(async () => {
  service = await startHarness();
});
afterEach(() => service.stop());

const question = { tenant_id: 'demo', deal_id: dealId };
const typesOf = async () => (await service.facts()).map(({ type }) => type);

/** The service dies right after its n-th edge; the same call is then repeated against a new one. */
async function dieAtEdge(n: number): Promise<boolean> {
  let edges = 0;
  service.edge.hook = () => {
    edges += 1;
    if (edges === n) throw new Error('the process ends here');
  };
  const { status } = await service.upload(good, { key: 'k-1' });
  service.edge.hook = () => undefined;
  return status !== 200;
}

test('an upload that dies after any of its commits and is repeated leaves one set, one pair of facts, and no file too many', async () => {
  let deaths = 0;
  for (let n = 1; ; n += 1) {
    await service.stop();
    service = await startHarness();
    if (!(await dieAtEdge(n))) break;
    deaths += 1;
    await service.restart();
    const repeat = await service.upload(good, { key: 'k-1' });
    expect(repeat.status).toBe(200);
    expect(repeat.body.documents).toHaveLength(3);
    const again = await service.upload(good, { key: 'k-1' });
    expect(again.text).toBe(repeat.text);
    const kept = await service.kept();
    expect(kept).toMatchObject({ sets: 1, documents: 3, statements: 3, spooled: [] });
    expect(kept.stored).toHaveLength(3);
    expect(await typesOf()).toEqual(['document.uploaded', 'statement.analyzed']);
  }
  // Files wanted, set saved.
  expect(deaths).toBe(2);
});

test('a set whose answer was forgotten before the repeat came is found by the call that made it', async () => {
  const first = await service.upload(good, { key: 'k-1' });
  await service.database.query('DELETE FROM idempotency');
  const repeat = await service.upload(good, { key: 'k-1' });
  expect(repeat.body).toEqual(first.body);
  expect(await typesOf()).toEqual(['document.uploaded', 'statement.analyzed']);
});

test('a key used again more than a day later is a new call', async () => {
  await service.upload(good, { key: 'k-1' });
  await service.database.query(`UPDATE statement_sets SET created_at = now() - interval '25 hours'`);
  await service.database.query(`UPDATE idempotency SET created_at = now() - interval '25 hours'`);
  expect((await service.upload(good, { key: 'k-1' })).status).toBe(200);
  expect((await service.kept()).sets).toBe(2);
});

test('reading that takes longer than the limit is answered as pending, and finished and announced in the background', async () => {
  await service.restart({ readTimeoutMs: 1 });
  const answer = await service.upload(good, { key: 'k-1' });
  expect(answer.status).toBe(200);
  expect(answer.body.analysis).toMatchObject({ status: 'pending', avg_monthly_revenue_cents: null });
  expect(answer.body.documents[0]).toMatchObject({ pages: null, statement: null });
  expect(['pending', 'done']).toContain((await service.ask(currentStatements, question)).status);
  expect(await whenRead(dealId)).toMatchObject({ reconciled: true, analysis: { status: 'done', months: 3 } });
  expect(await typesOf()).toEqual(['document.uploaded', 'statement.analyzed']);
  expect((await listed())[0]).toMatchObject({ pages: expect.any(Number), statement: { reconciled: true } });
  expect((await service.kept()).spooled).toEqual([]);
  // The first answer stays what it was.
  expect((await service.upload(good, { key: 'k-1' })).text).toBe(answer.text);
});

test('a file that the background finds to be no statement gives no figures, and says why', async () => {
  await service.restart({ readTimeoutMs: 1 });
  const invoice = { name: 'invoice.pdf', bytes: await invoicePdf() };
  expect((await service.upload([...good.slice(0, 2), invoice])).body.analysis.status).toBe('pending');
  expect(await whenRead(dealId)).toMatchObject({ reconciled: false });
  const statements = (await listed()).map(({ statement }) => statement);
  expect(statements[2]).toMatchObject({ deposits_cents: null, confidence: 0, flags: [{ code: 'not-a-statement' }] });
});

test('a reading that is finished while a new set is being saved waits its turn, and holds nothing that the upload needs', async () => {
  await service.upload(good);
  // Another process has it, whose time is up in an hour.
  await service.database.query(`UPDATE statement_sets SET leased_until = now() + interval '1 hour'`);
  await leavePending();
  const later = new Date(Date.now() + 2 * 3_600_000);
  const database = openDatabase<DocumentsTx>({
    url: service.database.url,
    workerUrl: service.database.workerUrl,
    client: (adapter) => new PrismaClient({ adapter }),
  });
  const readings = createReadingsStore(database, createFieldSeals(service.fieldKeys));
  const set = await readings.leasePending(later, later);
  if (set === null) throw new Error('no set is pending');
  const barrier = await database.pool.connect();
  const waiting = async () => {
    const sql = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return (await service.database.query<{ count: number }>(sql))[0]?.count;
  };
  try {
    // The upload has replaced the old set and is held up before its facts.
    await barrier.query('BEGIN');
    await barrier.query('LOCK TABLE documents IN EXCLUSIVE MODE');
    const upload = service.upload(await goodFiles(2));
    await eventually(async () => expect(await waiting()).toBe(1));
    const finished = readings.finish(set, [], set.analysis, new Date());
    await eventually(async () => expect(await waiting()).toBe(2));
    const clock = await service.database.query('SELECT 1 FROM outbox_clock FOR UPDATE SKIP LOCKED');
    expect(clock).toHaveLength(1);
    await barrier.query('COMMIT');
    expect((await upload).status).toBe(200);
    expect(await finished).toBe(false);
  } finally {
    barrier.release();
    await database.close();
  }
});

/** Makes the deal's current set a pending one, as a process leaves it that died after saving it. */
async function leavePending(deal = dealId): Promise<void> {
  const sets = `(SELECT id FROM statement_sets WHERE current AND deal_id = '${deal}')`;
  await service.database.query(
    `DELETE FROM statements WHERE document_id IN (SELECT id FROM documents WHERE set_id IN ${sets})`,
  );
  await service.database.query(`DELETE FROM outbox WHERE type = 'statement.analyzed' AND subject = '${deal}'`);
  await service.database.query(
    `UPDATE statement_sets SET status = 'pending', read_at = NULL, analysis = analysis || '{"status": "pending"}'
     WHERE id IN ${sets}`,
  );
}

/** A second deal whose set is pending and younger: once it is read, whoever reads has passed over the older ones. */
async function leaveLaterPending(): Promise<string> {
  const later = '01935f00-0000-7000-8000-00000000000b';
  service.deals.set(`demo/${later}`, { merchantId, status: 'open', time: '2026-11-21T10:00:00.000Z' });
  await service.upload(good, { dealId: later });
  await leavePending(later);
  return later;
}

const whenRead = (deal: string) =>
  eventually(
    async () => {
      const reply = await service.ask(currentStatements, { tenant_id: 'demo', deal_id: deal });
      expect(reply.status).toBe('done');
      return reply;
    },
    { timeoutMs: 15_000 },
  );

async function listed(): Promise<{ pages: number | null; statement: Record<string, unknown> }[]> {
  return (await answerOf(await service.call(`/api/deals/${dealId}/documents`))).body.data;
}

test('statements that were still being read when the process died are read after its restart', async () => {
  await service.upload(good);
  await leavePending();
  expect((await service.ask(currentStatements, question)).status).toBe('pending');
  await service.restart();
  await whenRead(dealId);
  expect(await typesOf()).toEqual(['document.uploaded', 'statement.analyzed']);
});

test('what another process is reading is left to it, until its time is up', async () => {
  await service.upload(good);
  await leavePending();
  await service.database.query(`UPDATE statement_sets SET leased_until = now() + interval '1 hour'`);
  const later = await leaveLaterPending();
  await service.restart();
  await whenRead(later);
  expect((await service.ask(currentStatements, question)).status).toBe('pending');
  await service.database.query(`UPDATE statement_sets SET leased_until = now() - interval '1 second'`);
  await service.restart();
  await whenRead(dealId);
});

test('a pending set that was replaced is not read any more', async () => {
  await service.upload(good);
  await leavePending();
  await service.upload(await goodFiles(2));
  const later = await leaveLaterPending();
  await service.restart();
  await whenRead(later);
  const pending = await service.database.query(`SELECT current FROM statement_sets WHERE status = 'pending'`);
  expect(pending).toEqual([{ current: false }]);
});

test('a pending file that is gone is said to be missing, and the others are read', async () => {
  await service.upload(good);
  await leavePending();
  const [{ storage_key: key } = { storage_key: '' }] = await service.database.query<{ storage_key: string }>(
    'SELECT storage_key FROM documents WHERE position = 1',
  );
  await rm(`${service.root}/uploads/${key}`);
  await service.restart();
  expect(await whenRead(dealId)).toMatchObject({ status: 'done', reconciled: false });
  const statements = (await listed()).map(({ statement }) => statement);
  expect(statements.map(({ reconciled }) => reconciled)).toEqual([true, false, true]);
  expect(statements[1]).toMatchObject({ bank: null, flags: [{ code: 'file-missing' }] });
});
