import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  encryptedPdf,
  invoicePdf,
  oversizedPdf,
  pngNamedPdf,
  truncatedPdf,
} from '@uw-wizard/testkit/statements/bad-files';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StatementPdf } from '../flow/flow-calls.ts';
import { runFlow } from '../flow/steps.ts';
import { houseOfFile, newMerchant } from './house-of-file.ts';

const here = houseOfFile();

const mebibyte = 1024 * 1024;
let good: readonly StatementPdf[] = [];
let ids = { deal_id: '', merchant_id: '' };

beforeAll(async () => {
  const flow = await newMerchant();
  good = flow.statements;
  const { dealId, merchantId } = await runFlow(here.house.client, { ...flow, upTo: 'intake' });
  ids = { deal_id: dealId, merchant_id: merchantId };
});

/** Two good statements, and the one that is being tried. */
const two = () => good.slice(0, 2);
const asPdf = (pdf: Uint8Array): StatementPdf => ({ filename: 'third.pdf', pdf });

const badUploads: readonly [
  what: string,
  files: () => Promise<StatementPdf[]> | StatementPdf[],
  status: number,
  code: string,
][] = [
  ['no file', () => [], 422, 'exactly-three-pdfs'],
  ['two PDFs', two, 422, 'exactly-three-pdfs'],
  ['four PDFs', async () => [...good, asPdf(await invoicePdf())], 422, 'exactly-three-pdfs'],
  ['a PNG named .pdf', () => [...two(), asPdf(pngNamedPdf())], 415, 'not-a-pdf'],
  ['an encrypted PDF', async () => [...two(), asPdf(await encryptedPdf())], 422, 'pdf-encrypted'],
  ['a truncated PDF', async () => [...two(), asPdf(await truncatedPdf())], 422, 'pdf-malformed'],
  ['an invoice', async () => [...two(), asPdf(await invoicePdf())], 422, 'not-a-statement'],
  ['a PDF of 16 MiB', async () => [...two(), asPdf(await oversizedPdf(16 * mebibyte))], 413, 'file-too-large'],
  ['three times the same PDF', () => good.slice(0, 1).flatMap((file) => [file, file, file]), 422, 'duplicate-files'],
];

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(here.house.dataDir, folder), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

const upload = (files: readonly StatementPdf[]) =>
  here.house.client.call('POST', '/api/documents/bank/upload', { query: ids, files });

describe('an upload is all or nothing', () => {
  test.for(badUploads)('%s is refused, and nothing is stored or left behind', async ([, files, status, code]) => {
    const reply = await upload(await files());
    expect(reply).toMatchObject({ status, body: { code, status, detail: expect.any(String) } });
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);

    const { body } = await here.house.client.call('GET', `/api/deals/${ids.deal_id}/documents`);
    expect(body.data).toEqual([]);
    expect(await filesBelow('uploads')).toEqual([]);
    expect(await filesBelow('spool')).toEqual([]);
    for (const table of ['documents', 'statement_sets', 'statements', 'stored_objects']) {
      expect(await here.books.query('documents', `SELECT 1 FROM ${table}`), table).toEqual([]);
    }
  });

  test('the count of files stands in the refusal of the wrong one', async () => {
    const { body } = await upload(two());
    expect(body.detail).toMatch(/\b2\b/);
  });

  test("another merchant's deal and an unknown deal are refused before any file is looked at", async () => {
    const other = await runFlow(here.house.client, { ...(await newMerchant()), upTo: 'start' });
    const call = (query: Record<string, string>) =>
      here.house.client.call('POST', '/api/documents/bank/upload', { query, files: [] });
    const mismatch = await call({ ...ids, merchant_id: other.merchantId });
    expect(mismatch).toMatchObject({ status: 409, body: { code: 'merchant-mismatch' } });
    const unknown = await call({ ...ids, deal_id: other.merchantId });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'deal-not-found' } });
    expect(await filesBelow('uploads')).toEqual([]);
  });
});

test('after all the refusals the right three files are taken, and a new set replaces them until an offer is accepted', async () => {
  expect((await upload(good)).status).toBe(200);
  expect(await filesBelow('uploads')).toHaveLength(3);
  const { statements } = await newMerchant();
  const second = await upload(statements);
  expect(second).toMatchObject({ status: 200, body: { analysis: { status: 'done', months: 3 } } });
  const { client } = here.house;
  const { body } = await client.call('GET', `/api/deals/${ids.deal_id}/documents`);
  expect(body.data.map(({ checksum }: { checksum: string }) => checksum)).toEqual(
    second.body.documents.map(({ checksum }: { checksum: string }) => checksum),
  );
  expect((await client.call('POST', `/api/deals/${ids.deal_id}/offers`)).status).toBe(200);
  expect((await client.call('POST', `/api/deals/${ids.deal_id}/accept`, { json: {} })).status).toBe(200);
  expect(await upload(good)).toMatchObject({ status: 409, body: { code: 'illegal-transition' } });
  expect(await filesBelow('spool')).toEqual([]);
});
