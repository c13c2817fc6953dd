import { parse as parseDisposition } from 'content-disposition';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerOf, dealId, type FormFile, goodFiles, type Harness, merchantId, startHarness } from './harness.ts';

type Document = { document_id: string; storage_key: string; filename: string };

let service: Harness;
let good: FormFile[];
let documents: Document[];
beforeAll(async () => {
  service = await startHarness();
  good = await goodFiles();
  const odd = 'März "2026"; x=y\r\n.pdf';
  documents = (await service.upload(good.map((file, at) => (at === 0 ? { ...file, name: odd } : file)))).body.documents;
});
afterAll(() => service.stop());

const get = async (path: string, identity = {}) => answerOf(await service.call(path, {}, identity));
const [unknownDeal, unknownDocument] = ['01935f00-0000-7000-8000-00000000dead', '01935f00-0000-7000-8000-00000000beef'];

test("a deal's documents are listed and found as their upload answered them", async () => {
  expect((await get(`/api/deals/${dealId}/documents`)).body).toEqual({ data: documents });
  expect((await get(`/api/documents/${documents[0]?.document_id}`)).body).toEqual(documents[0]);
});

test('a replaced set is no longer listed, and its documents can still be found', async () => {
  const deal = '01935f00-0000-7000-8000-00000000000d';
  service.deals.set(`demo/${deal}`, { merchantId, status: 'open', time: '2026-11-21T10:00:00.000Z' });
  const former = (await service.upload(good, { dealId: deal })).body.documents;
  const current = (await service.upload(await goodFiles(2), { dealId: deal })).body.documents;
  expect((await get(`/api/deals/${deal}/documents`)).body).toEqual({ data: current });
  expect((await get(`/api/documents/${former[0]?.document_id}`)).body).toEqual(former[0]);
});

test('a deal without documents has an empty list, and a deal that does not exist has none', async () => {
  const bare = '01935f00-0000-7000-8000-00000000000c';
  service.deals.set(`demo/${bare}`, { merchantId, status: 'open', time: '2026-11-21T10:00:00.000Z' });
  expect((await get(`/api/deals/${bare}/documents`)).body).toEqual({ data: [] });
  for (const id of [unknownDeal, 'seven', '%2e%2e%2f']) {
    const { status, body } = await get(`/api/deals/${id}/documents`);
    expect([status, body.code]).toEqual([404, 'deal-not-found']);
  }
});

test('a document is downloaded byte for byte, as a file that no browser opens or sniffs', async () => {
  const response = await service.call(`/api/documents/${documents[0]?.document_id}/content`);
  expect(response.status).toBe(200);
  expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(good[0]?.bytes ?? []))).toBe(true);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/pdf',
    'content-length': String(good[0]?.bytes.length),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'private, no-store',
  });
  const disposition = parseDisposition(response.headers.get('content-disposition') ?? '');
  expect(disposition.type).toBe('attachment');
  expect(disposition.parameters.filename).toBe(documents[0]?.filename);
  expect(documents[0]?.filename).toContain('März');
});

test.each(['', '/content'])(
  'a document that does not exist, or is named by no id, is not found (GET …%s)',
  async (tail) => {
    for (const id of [unknownDocument, 'seven', '..%2f..%2fetc%2fpasswd']) {
      const { status, body } = await get(`/api/documents/${id}${tail}`);
      expect([status, body.code]).toEqual([404, 'document-not-found']);
    }
  },
);

test("another tenant's deal and documents do not exist", async () => {
  const other = { tenant: 'other', sub: 'u-9' };
  const id = documents[0]?.document_id;
  expect((await get(`/api/deals/${dealId}/documents`, other)).body.code).toBe('deal-not-found');
  expect((await get(`/api/documents/${id}`, other)).body.code).toBe('document-not-found');
  expect((await get(`/api/documents/${id}/content`, other)).body.code).toBe('document-not-found');
});

test('every role of a tenant reads documents, and nobody does without one', async () => {
  const paths = [`/api/deals/${dealId}/documents`, `/api/documents/${documents[0]?.document_id}`];
  for (const path of [...paths, `${paths[1]}/content`]) {
    for (const role of ['analyst', 'reviewer', 'admin'] as const) {
      const { status } = await service.call(path, {}, { role });
      expect(status).toBe(200);
    }
    const anonymous = { kind: 'anonymous', tenant: undefined, role: undefined, sub: 'anonymous' } as const;
    expect((await get(path, anonymous)).status).toBe(401);
    expect((await fetch(`${service.baseUrl()}${path}`)).status).toBe(401);
  }
});
