import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startS3, type TestS3 } from '@uw-wizard/testkit/s3';
import { openS3Door } from '@uw-wizard/testkit/s3-door';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ConfigError } from '../src/platform/config.ts';
import { createLogger } from '../src/platform/logger.ts';
import { openStorage, type StorageConfig } from '../src/platform/open-storage.ts';
import type { Storage } from '../src/platform/storage.ts';
import { createS3Storage } from '../src/platform/storage-s3.ts';
import { listInPages } from './list-in-pages.ts';
import { keyFor, storageContract } from './storage-contract.ts';

const log = createLogger({ service: 'documents-svc', level: 'silent' });

function configOf(s3: TestS3, more: { endpoint?: string; prefix?: string; bucket?: string } = {}): StorageConfig {
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = s3;
  return {
    ...{ kind: 's3', endpoint, bucket, region, prefix: 'documents/', forcePathStyle: true },
    ...{ encryption: { kind: 'AES256' }, credentials: { accessKeyId, secretAccessKey } },
    ...more,
  };
}

function clientOf({ endpoint, region, accessKeyId, secretAccessKey }: TestS3): S3Client {
  const nothing = () => undefined;
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    logger,
  });
}

storageContract('in a bucket', async () => {
  const s3 = await startS3();
  const front = await openS3Door(s3.endpoint);
  const direct = clientOf(s3);
  const client = clientOf({ ...s3, endpoint: front.endpoint });
  const prefix = 'documents/';
  front.door.meddle = listInPages(direct, s3.bucket);
  return {
    storage: createS3Storage({ client, bucket: s3.bucket, prefix, encryption: null }),
    async damage(key, text) {
      await direct.send(new PutObjectCommand({ Bucket: s3.bucket, Key: `${prefix}${key}`, Body: text }));
    },
    async stop() {
      for (const each of [client, direct]) each.destroy();
      await front.stop();
      await s3.stop();
    },
  };
});

let s3: TestS3;
let front: Awaited<ReturnType<typeof openS3Door>>;
let storage: Storage;
let folder: string;
const big = `%PDF ${'x'.repeat(1_000_000)}`;
const key = keyFor(big);
beforeAll(async () => {
  s3 = await startS3();
  folder = await mkdtemp(join(tmpdir(), 'uw-spool-'));
  await writeFile(join(folder, 'big.pdf'), big);
});
afterAll(async () => {
  await s3.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  front = await openS3Door(s3.endpoint);
  storage = await openStorage(configOf(s3, { endpoint: front.endpoint }), log);
  front.seen.length = 0;
});
afterEach(async () => {
  await storage.remove(key).catch(() => undefined);
  storage.close();
  await front.stop();
  vi.unstubAllEnvs();
});

const put = () => storage.put(key, join(folder, 'big.pdf'));
const read = async () => {
  const found = await storage.read(key);
  return found === null ? null : String(await buffer(found.stream));
};
const unavailable = { kind: { code: 'storage-unavailable', status: 503 }, retryAfterSeconds: 5 };

test('a file goes up in one piece of known length, private and encrypted, with a checksum that the server can check', async () => {
  await put();
  expect(front.seen).toHaveLength(1);
  const [{ method, url, headers } = { method: '', url: '', headers: {} }] = front.seen;
  expect([method, url.split('?')[0]]).toEqual(['PUT', `/${s3.bucket}/documents/${key}`]);
  const checksum = key.slice(-68, -4);
  expect(headers).toMatchObject({
    'content-length': String(big.length),
    'x-amz-checksum-sha256': Buffer.from(checksum, 'hex').toString('base64'),
    'x-amz-content-sha256': checksum,
    'x-amz-server-side-encryption': 'AES256',
  });
  expect(headers.authorization).toMatch(/SignedHeaders=[^,]*x-amz-content-sha256/);
  expect(headers['x-amz-acl']).toBeUndefined();
});

test('encryption is as it was asked for: with a key of our own, or not at all', async () => {
  for (const encryption of [{ kind: 'aws:kms', keyId: 'key-1' }, { kind: 'aws:kms' }, null] as const) {
    const client = clientOf({ ...s3, endpoint: front.endpoint });
    await createS3Storage({ client, bucket: s3.bucket, prefix: 'x/', encryption }).put(key, join(folder, 'big.pdf'));
    client.destroy();
  }
  const names = ['x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id'];
  expect(front.seen.map(({ headers }) => names.map((name) => headers[name]))).toEqual([
    ['aws:kms', 'key-1'],
    ['aws:kms', undefined],
    [undefined, undefined],
  ]);
});

test('a connection that breaks in the middle of an upload is tried again, from the beginning of the file', async () => {
  let broken = 0;
  front.door.meddle = (req) => {
    if (broken === 2) return false;
    broken += 1;
    req.once('data', () => req.destroy());
    return true;
  };
  await put();
  expect(front.seen).toHaveLength(3);
  expect(await read()).toBe(big);
});

test('a server that has a bad moment is asked again, one that says no is not', async () => {
  const answers = [500, 503];
  front.door.meddle = (req, res) => {
    const status = answers.shift();
    if (status === undefined) return false;
    req.resume().once('end', () => res.writeHead(status).end());
    return true;
  };
  await put();
  expect(front.seen).toHaveLength(3);
  answers.push(403);
  await expect(put()).rejects.toMatchObject(unavailable);
  expect(front.seen).toHaveLength(4);
});

test('while the server is away every call fails soon and says when to come back, and afterwards all is well', async () => {
  await put();
  await front.stop();
  const calls = [put, read, () => storage.remove(key), () => storage.listOlderThan(0)[Symbol.asyncIterator]().next()];
  for (const call of calls) await expect(call()).rejects.toMatchObject(unavailable);
  storage = await openStorage(configOf(s3), log);
  await put();
  expect(await read()).toBe(big);
});

test('a server that takes a file and never answers is given up at the deadline', async () => {
  front.door.meddle = (req) => void req.resume() === undefined;
  const client = clientOf({ ...s3, endpoint: front.endpoint });
  const hasty = createS3Storage({ client, bucket: s3.bucket, prefix: '', encryption: null, putTimeoutMs: 300 });
  await expect(hasty.put(key, join(folder, 'big.pdf'))).rejects.toMatchObject(unavailable);
  client.destroy();
  front.door.meddle = null;
});

test('a download that breaks in the middle is an error, not a short file', async () => {
  await put();
  front.door.breakAnswerAt = 300_000;
  await expect(read()).rejects.toMatchObject(unavailable);
  front.door.breakAnswerAt = Number.POSITIVE_INFINITY;
  expect(await read()).toBe(big);
});

test('what has another prefix, and what is no file of ours, is not seen by the sweep', async () => {
  const agreements = await openStorage(configOf(s3, { prefix: 'agreements/' }), log);
  await agreements.put(key, join(folder, 'big.pdf'));
  const client = clientOf(s3);
  await client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'documents/notes.txt', Body: 'x' }));
  client.destroy();
  for await (const seen of storage.listOlderThan(-60_000)) expect(seen).toBe('nothing');
  expect(await read()).toBeNull();
  await agreements.remove(key);
});

test('a bucket that is not there is named at start-up; a server that is away is no reason not to start', async () => {
  await expect(openStorage(configOf(s3, { bucket: 'nobody-made-me' }), log)).rejects.toThrow(
    new ConfigError(['S3_BUCKET: there is no bucket nobody-made-me; make it, private, before the service starts']),
  );
  const early = await openStorage(configOf(s3, { endpoint: 'http://127.0.0.1:1' }), log);
  await expect(early.read(key)).rejects.toMatchObject(unavailable);
  early.close();
});

test('credentials come from wherever the AWS SDK finds them, and are named at start-up when it finds none', async () => {
  const { credentials: _, ...bare } = { credentials: undefined, ...configOf(s3) };
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, join(folder, 'none'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  await expect(openStorage(bare, log)).rejects.toThrow(/AWS_ACCESS_KEY_ID: [\s\S]*AWS_SECRET_ACCESS_KEY: /);
  vi.stubEnv('AWS_ACCESS_KEY_ID', s3.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.secretAccessKey);
  const found = await openStorage(bare, log);
  expect(await found.read(key)).toBeNull();
  found.close();
});
