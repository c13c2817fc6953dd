import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventCatalogue } from '@uw-wizard/shared/contracts/catalogue';
import type { Envelope } from '@uw-wizard/shared/contracts/event';
import { expect, test } from 'vitest';
import { runWholeFlow } from '../flow/whole-flow.ts';
import { bookNames } from '../house/books.ts';
import { filesOnDisk } from '../house/files-on-disk.ts';
import { essentials, standalone } from '../house.ts';
import { houseOfFile, newMerchant } from './house-of-file.ts';

const here = houseOfFile();
const settleMs = 20_000;

/** As `npm run erase -- …` on the house's data. */
async function erase(...args: string[]): Promise<{ code: number; text: string }> {
  const [program = '', ...first] = standalone;
  const env = { ...essentials(), DATA_DIR: here.house.dataDir };
  return new Promise((resolve) => {
    execFile(program, [...first, 'erase', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr });
    });
  });
}

/** Where one of `texts` stands: in which table of which database, in which file of the data folder but the databases' own. */
async function placesOf(texts: readonly string[]): Promise<string[]> {
  const places: string[] = [];
  for (const book of bookNames) {
    const tables = await here.books.query<{ name: string }>(
      book,
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    for (const { name } of tables) {
      const holding = `SELECT FROM "${name}" t WHERE EXISTS (SELECT FROM unnest($1::text[]) text WHERE strpos(t::text, text) > 0)`;
      if ((await here.books.query(book, holding, [texts])).length > 0) places.push(`${book}.${name}`);
    }
  }
  const entries = await readdir(here.house.dataDir, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || path.startsWith(join(here.house.dataDir, 'postgres'))) continue;
    const content = (await readFile(path)).toString('latin1');
    if (texts.some((text) => content.includes(text))) places.push(path);
  }
  return places;
}

test('a merchant who asks for it is erased everywhere, once and for good, and nobody else is', async () => {
  const { client, dataDir, credentials } = here.house;
  const [gone, kept] = [await newMerchant(), await newMerchant()];
  const flow = await runWholeFlow(client, { flow: gone, key: gone.key, settleMs });
  const other = await runWholeFlow(client, { flow: kept, key: kept.key, settleMs });
  const { dealId, merchantId } = flow.known;
  const textsOf = ({ merchant }: typeof gone) => [
    ...[merchant.legalName, merchant.recipientEmail, String(merchant.start.ein)],
    ...['owner_name', 'owner_email', 'phone'].map((field) => String(merchant.answers[field])),
  ];
  const filesOf = async (deal: string) => {
    const of = { tenantId: credentials.tenant_id, dealIds: [deal] };
    const [uploads, agreements] = [
      await filesOnDisk(dataDir)('uploads', of),
      await filesOnDisk(dataDir)('agreements', of),
    ];
    return [uploads.get(deal), agreements.get(deal)];
  };
  // What is looked for is found, so that finding nothing means something.
  expect(await placesOf(textsOf(gone))).toEqual(
    expect.arrayContaining([
      'deals.merchants',
      'deals.deals',
      'documents.statement_sets',
      'signing.mock_envelopes',
      'sms.messages',
    ]),
  );
  expect(await filesOf(dealId)).toEqual([3, 2]);
  const keptBefore = await placesOf(textsOf(kept));

  expect(await erase('--merchant', merchantId)).toMatchObject({
    code: 0,
    text: expect.stringContaining('Nothing was erased'),
  });
  const done = `Merchant ${merchantId} is erased in 5 of 5.`;
  expect(await erase('--merchant', merchantId, '--yes')).toMatchObject({
    code: 0,
    text: expect.stringContaining(done),
  });

  expect(await placesOf(textsOf(gone))).toEqual([]);
  expect(await filesOf(dealId)).toEqual([0, 0]);
  expect(here.house.output()).not.toContain(gone.merchant.legalName);
  expect(await placesOf(textsOf(kept))).toEqual(keptBefore);
  expect(await filesOf(other.known.dealId)).toEqual([3, 2]);

  const deal = await client.call('GET', `/api/deals/${dealId}`);
  expect(deal.body).toMatchObject({
    status: 'signed',
    merchant: { legal_name: '[erased]' },
    accepted_offer: expect.any(Object),
  });
  const documents = await client.call('GET', `/api/deals/${dealId}/documents`);
  expect(documents.body.data).toHaveLength(3);
  const content = await client.call('GET', `/api/documents/${documents.body.data[0].document_id}/content`);
  expect([content.status, content.body.code]).toEqual([410, 'merchant-erased']);
  const text = await client.call('POST', '/api/sms/cherry/send', {
    json: { to: gone.merchant.answers.phone, body: 'Hello again', deal_id: dealId },
  });
  expect([text.status, text.body.code]).toEqual([410, 'merchant-erased']);

  // What is published again can still be read by whoever follows.
  for (const book of bookNames) {
    const rows = await here.books.query<{ envelope: Envelope }>(
      book,
      'SELECT envelope FROM outbox WHERE subject = $1',
      [dealId],
    );
    for (const { envelope } of rows)
      expect(eventCatalogue.get(envelope.type)?.data.safeParse(envelope.data).success, envelope.type).toBe(true);
  }
  expect(await erase('--merchant', merchantId, '--yes')).toMatchObject({
    code: 0,
    text: expect.stringContaining(done),
  });
  expect((await erase('list')).text).toContain(`${credentials.tenant_id} ${merchantId} `);
});
