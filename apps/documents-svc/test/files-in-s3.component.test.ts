import { createLogger } from '@uw-wizard/shared/platform/logger';
import { openStorage } from '@uw-wizard/shared/platform/open-storage';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import { eventually } from '@uw-wizard/testkit/eventually';
import { startS3, type TestS3 } from '@uw-wizard/testkit/s3';
import { openS3Door } from '@uw-wizard/testkit/s3-door';
import { largeStatement } from '@uw-wizard/testkit/statements/large-statement';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { answerOf, type FormFile, goodFiles, type Harness, startHarness } from './harness.ts';
import { storageOn } from './storage-on.ts';

let good: FormFile[];
let s3: TestS3;
let front: Awaited<ReturnType<typeof openS3Door>>;
let service: Harness;
/** Past the door. */
let direct: Storage;
beforeAll(async () => {
  good = await goodFiles();
});
beforeEach(async () => {
  s3 = await startS3();
  front = await openS3Door(s3.endpoint);
  service = await startHarness({ storage: storageOn(s3, front.endpoint) });
  direct = await openStorage(storageOn(s3), createLogger({ service: 'documents-svc', level: 'silent' }));
});
afterEach(async () => {
  await service.stop();
  direct.close();
  await front.stop();
  await s3.stop();
});

async function storedKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of direct.listOlderThan(-60_000)) keys.push(key);
  return keys.toSorted();
}

test('statements go into the bucket and come back from it, byte for byte', async () => {
  const { status, body } = await service.upload(good);
  expect(status).toBe(200);
  const keys = body.documents.map((document: { storage_key: string }) => document.storage_key);
  expect(await storedKeys()).toEqual(keys.toSorted());
  expect((await service.kept()).stored).toEqual([]);
  for (const [at, file] of good.entries()) {
    const document = body.documents[at];
    expect(document.bucket).toBe(s3.bucket);
    const answer = await service.call(`/api/documents/${document.document_id}/content`);
    expect(Number(answer.headers.get('content-length'))).toBe(document.size_bytes);
    expect(Buffer.from(await answer.arrayBuffer()).equals(file.bytes)).toBe(true);
  }
});

test('while S3 is away an upload is refused with 503 and saves nothing; its repeat is the upload', async () => {
  front.door.meddle = (req) => req.destroy() !== undefined;
  const refused = await service.upload(good, { key: 'k-1' });
  expect([refused.status, refused.body.code]).toEqual([503, 'storage-unavailable']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await service.kept()).toMatchObject({ sets: 0, documents: 0, spooled: [] });
  expect(await storedKeys()).toEqual([]);
  front.door.meddle = null;
  expect((await service.upload(good, { key: 'k-1' })).status).toBe(200);
  expect(await service.kept()).toMatchObject({ sets: 1, documents: 3 });
});

test('an upload whose last file cannot be stored saves nothing; its repeat saves all three', async () => {
  let stored = 0;
  front.door.meddle = (req) => {
    if (req.method === 'PUT') stored += 1;
    return req.method === 'PUT' && stored > 2 && req.destroy() !== undefined;
  };
  expect((await service.upload(good)).status).toBe(503);
  expect(await service.kept()).toMatchObject({ sets: 0, documents: 0 });
  expect((await service.facts()).map(({ type }) => type)).toEqual([]);
  front.door.meddle = null;
  expect((await service.upload(good)).status).toBe(200);
  expect(await storedKeys()).toHaveLength(3);
});

test('a document whose file is gone is our error and says so, at once', async () => {
  const { body } = await service.upload(good);
  await direct.remove(body.documents[0].storage_key);
  const answer = await answerOf(await service.call(`/api/documents/${body.documents[0].document_id}/content`));
  expect([answer.status, answer.body.code]).toEqual([500, 'file-missing']);
});

test('a download that S3 breaks off in the middle is broken off for the client too, never a short file', async () => {
  const large = await Promise.all(
    good.map(async (file) => ({ ...file, bytes: await largeStatement(file.bytes, 1_000_000) })),
  );
  const { body } = await service.upload(large);
  const path = `/api/documents/${body.documents[0].document_id}/content`;
  front.door.breakAnswerAt = 400_000;
  const broken = await service.call(path);
  expect(broken.status).toBe(200);
  await expect(broken.arrayBuffer()).rejects.toThrow();
  front.door.breakAnswerAt = Number.POSITIVE_INFINITY;
  expect((await (await service.call(path)).arrayBuffer()).byteLength).toBe(1_000_000);
});

test('statements that wait for their reading are read from the bucket, once it is there again', async () => {
  await service.restart({ readTimeoutMs: 1 });
  const { body } = await service.upload(good);
  expect(body.analysis.status).toBe('pending');
  await eventually(
    async () => {
      const [row] = await service.database.query<{ status: string }>('SELECT status FROM statement_sets');
      expect(row?.status).toBe('done');
    },
    { timeoutMs: 20_000 },
  );
});
