import { connect, type Socket } from 'node:net';
import { eventually } from '@uw-wizard/testkit/eventually';
import {
  encryptedPdf,
  invoicePdf,
  oversizedPdf,
  pngNamedPdf,
  truncatedPdf,
} from '@uw-wizard/testkit/statements/bad-files';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { answerOf, dealId, type FormFile, goodFiles, type Harness, merchantId, startHarness } from './harness.ts';

const MIB = 1024 * 1024;
const nothing = { sets: 0, documents: 0, statements: 0, stored: [], spooled: [] };
const uploadPath = `/api/documents/bank/upload?deal_id=${dealId}&merchant_id=${merchantId}`;

let service: Harness;
let good: FormFile[];
beforeAll(async () => {
  good = await goodFiles();
  service = await startHarness();
});
afterAll(() => service.stop());

let factsBefore = 0;
beforeEach(async () => {
  factsBefore = (await service.facts()).length;
});
/** Whatever was refused, nothing of it is left: no row, no stored file, no file in the spool. */
afterEach(async () => {
  expect(await service.kept()).toEqual(nothing);
});

const newFacts = async () => (await service.facts()).slice(factsBefore);
const file = (name: string, bytes: Uint8Array): FormFile => ({ name, bytes });

/** Three files, the last of them bad. */
const with2Good = (bad: FormFile) => [...good.slice(0, 2), bad];

const badContents: [string, number, string, () => Promise<FormFile[]>][] = [
  ['no file', 422, 'exactly-three-pdfs', async () => []],
  ['two files', 422, 'exactly-three-pdfs', async () => good.slice(0, 2)],
  ['four files', 422, 'exactly-three-pdfs', async () => [...good, ...good.slice(0, 1)]],
  [
    'three files in a field of another name',
    422,
    'exactly-three-pdfs',
    async () => good.map((one) => ({ ...one, field: 'documents' })),
  ],
  ['twelve files', 422, 'exactly-three-pdfs', async () => Array.from({ length: 4 }, () => good).flat()],
  [
    'two files of 16 MiB',
    422,
    'exactly-three-pdfs',
    async () => {
      const large = file('large.pdf', await oversizedPdf(16 * MIB));
      return [large, large];
    },
  ],
  ['a file of 16 MiB', 413, 'file-too-large', async () => with2Good(file('large.pdf', await oversizedPdf(16 * MIB)))],
  [
    'a file one byte over 15 MiB, beside a picture',
    413,
    'file-too-large',
    async () => [
      file('p.pdf', pngNamedPdf()),
      file('large.pdf', await oversizedPdf(15 * MIB + 1)),
      ...good.slice(0, 1),
    ],
  ],
  ['a picture named .pdf', 415, 'not-a-pdf', async () => with2Good(file('march.pdf', pngNamedPdf()))],
  ['an empty file', 415, 'not-a-pdf', async () => with2Good(file('march.pdf', Buffer.alloc(0)))],
  ['a file cut in half', 422, 'pdf-malformed', async () => with2Good(file('half.pdf', await truncatedPdf()))],
  ['a file with a password', 422, 'pdf-encrypted', async () => with2Good(file('locked.pdf', await encryptedPdf()))],
  ['an invoice', 422, 'not-a-statement', async () => with2Good(file('invoice.pdf', await invoicePdf()))],
  [
    'the same statement three times',
    422,
    'duplicate-files',
    async () => good.slice(0, 1).flatMap((one) => [one, one, one]),
  ],
  [
    'the same statement twice, under two names',
    422,
    'duplicate-files',
    async () => [...good.slice(0, 2), ...good.slice(1, 2).map((one) => ({ ...one, name: 'other.pdf' }))],
  ],
  [
    'an invoice, a locked file and a cut one: the first of the list is said',
    422,
    'pdf-malformed',
    async () => [
      file('invoice.pdf', await invoicePdf()),
      file('locked.pdf', await encryptedPdf()),
      file('half.pdf', await truncatedPdf()),
    ],
  ],
];

test.each(badContents)('%s: %i %s, announced on the deal, and nothing is kept', async (_, status, code, files) => {
  const sent = await files();
  const answer = await service.upload(sent);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({ status, code });
  expect(answer.status).toBe(status);
  const facts = await newFacts();
  expect(facts.map(({ type, dealid, merchantid }) => ({ type, dealid, merchantid }))).toEqual([
    { type: 'document.rejected', dealid: dealId, merchantid: merchantId },
  ]);
  const counted = sent.filter(({ field }) => field === undefined).length;
  expect(facts[0]?.data).toEqual({ code, filename_count: counted });
});

test('the refusal of a wrong count says how many files came', async () => {
  const { body } = await service.upload(good.slice(0, 2));
  expect(body.detail).toContain('2 came');
});

test('a statement with more pages than the limit is refused', async () => {
  await service.restart({ maxPages: 0 });
  const { status, body } = await service.upload(good);
  await service.restart();
  expect([status, body.code]).toEqual([422, 'too-many-pages']);
});

test.each<[string, number, string, { dealId?: string; merchantId?: string }]>([
  ['an unknown deal', 404, 'deal-not-found', { dealId: '01935f00-0000-7000-8000-00000000dead' }],
  ["another merchant's deal", 409, 'merchant-mismatch', { merchantId: '01935f00-0000-7000-8000-00000000beef' }],
])('%s is refused before the files are looked at, and the client hears it', async (_, status, code, ids) => {
  const large = Array.from({ length: 3 }, () => file('large.pdf', Buffer.alloc(20 * MIB, 1)));
  const answer = await service.upload(large, ids);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(await newFacts()).toEqual([]);
});

test('a deal of another tenant does not exist, and a deal past its uploads takes none', async () => {
  const foreign = await service.upload(good, { identity: { tenant: 'other' } });
  expect([foreign.status, foreign.body.code]).toEqual([404, 'deal-not-found']);
  const deal = service.deals.get(`demo/${dealId}`);
  if (deal === undefined) throw new Error('the deal is missing');
  deal.status = 'accepted';
  const late = await service.upload([]);
  deal.status = 'open';
  expect([late.status, late.body.code]).toEqual([409, 'illegal-transition']);
});

test('a deal that is accepted while its statements are being read takes no new ones', async () => {
  const deal = service.deals.get(`demo/${dealId}`);
  if (deal === undefined) throw new Error('the deal is missing');
  const before = service.asked.gate;
  const upload = service.upload(good);
  await eventually(() => expect(service.asked.gate).toBe(before + 1), { everyMs: 1 });
  deal.status = 'accepted';
  const { status, body } = await upload;
  deal.status = 'open';
  expect([status, body.code]).toEqual([409, 'illegal-transition']);
});

test('an upload without ids, or with ids that are none, names each bad field', async () => {
  const answer = await answerOf(await service.call('/api/documents/bank/upload?deal_id=7', { method: 'POST' }));
  expect([answer.status, answer.body.code]).toEqual([422, 'validation-failed']);
  expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '#/deal_id',
    '#/merchant_id',
  ]);
});

test('nobody uploads without a credential of a tenant', async () => {
  const bare = await fetch(`${service.baseUrl()}${uploadPath}`, { method: 'POST' });
  expect(bare.status).toBe(401);
  const { status } = await service.upload(good, {
    identity: { kind: 'anonymous', tenant: undefined, role: undefined, sub: 'anonymous' },
  });
  expect(status).toBe(401);
});

test('a body of another form is refused by its media type, and no body at all is no file', async () => {
  const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
  const other = await answerOf(await service.call(uploadPath, json));
  expect([other.status, other.body.code]).toEqual([415, 'unsupported-media-type']);
  const none = await answerOf(await service.call(uploadPath, { method: 'POST' }));
  expect([none.status, none.body.code]).toEqual([422, 'exactly-three-pdfs']);
});

const part = (name: string, body: string) =>
  `--b\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\nContent-Type: application/pdf\r\n\r\n${body}\r\n`;

test.each([
  ['without a boundary', 'multipart/form-data', part('a.pdf', '%PDF-1.7')],
  ['without its end', 'multipart/form-data; boundary=b', part('a.pdf', '%PDF-1.7')],
  ['cut off in a header', 'multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-da'],
  ['of noise', 'multipart/form-data; boundary=b', 'x'.repeat(5000)],
  ['with a header without an end', 'multipart/form-data; boundary=b', `--b\r\nX: ${'y'.repeat(100_000)}`],
  [
    'with hundreds of fields',
    'multipart/form-data; boundary=b',
    `${'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'.repeat(500)}--b--`,
  ],
  ['with hundreds of files', 'multipart/form-data; boundary=b', `${part('a.pdf', '%PDF-1.7').repeat(500)}--b--`],
])('a form %s is an invalid one', async (_, type, body) => {
  const answer = await answerOf(
    await service.call(uploadPath, { method: 'POST', body, headers: { 'content-type': type } }),
  );
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid-multipart']);
});

test('a body beyond what any upload needs is refused by its length', async () => {
  const chunks = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(part('a.pdf', '')));
        for (let mib = 0; mib < 70; mib += 1) controller.enqueue(new Uint8Array(MIB));
        controller.close();
      },
    });
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  const streamed = { method: 'POST', headers, body: chunks(), duplex: 'half' } as RequestInit;
  const answer = await answerOf(await service.call(uploadPath, streamed));
  expect([answer.status, answer.body.code]).toEqual([413, 'body-too-large']);
});

/** Begins an upload by hand: all of it is promised, only its beginning sent. */
async function beginUpload(): Promise<Socket> {
  const { hostname, port } = new URL(service.baseUrl());
  const headers = Object.entries(await service.header()).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${uploadPath} HTTP/1.1\r\nHost: x\r\n${headers.join('')}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n${part('a.pdf', '%PDF-1.7 and then')}`,
  );
  return socket;
}

test('an upload whose client hangs up leaves nothing in the spool', async () => {
  const socket = await beginUpload();
  await eventually(async () => expect((await service.kept()).spooled).toHaveLength(1));
  socket.destroy();
  await eventually(async () => expect((await service.kept()).spooled).toHaveLength(0));
});

test('an upload whose client hangs up while it waits for its turn takes no place from the others', async () => {
  await service.restart({ maxUploadsAtOnce: 1 });
  const first = await beginUpload();
  await eventually(async () => expect((await service.kept()).spooled).toHaveLength(1));
  const asked = service.asked.gate;
  const second = await beginUpload();
  await eventually(() => expect(service.asked.gate).toBe(asked + 1));
  second.destroy();
  await new Promise((closed) => second.once('close', closed));
  first.destroy();
  await eventually(async () => expect((await service.kept()).spooled).toEqual([]));
  // Its turn comes, and the files are looked at.
  expect((await service.upload([])).body.code).toBe('exactly-three-pdfs');
  await service.restart();
});
