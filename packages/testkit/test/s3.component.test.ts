import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { startS3, type TestS3 } from '../src/s3.ts';

const clientOf = ({ endpoint, region, accessKeyId, secretAccessKey }: TestS3) =>
  new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });

test('a test gets a bucket over HTTP that gives back what was put into it, and is its own', async () => {
  const [mine, yours] = [await startS3(), await startS3()];
  const client = clientOf(mine);
  await client.send(new PutObjectCommand({ Bucket: mine.bucket, Key: 'demo/deal/file', Body: 'three pages' }));
  const { Body } = await client.send(new GetObjectCommand({ Bucket: mine.bucket, Key: 'demo/deal/file' }));
  expect(await Body?.transformToString()).toBe('three pages');
  expect(await clientOf(yours).send(new ListObjectsV2Command({ Bucket: yours.bucket }))).toMatchObject({ KeyCount: 0 });
  await mine.stop();
  await yours.stop();
});

test('a key that the server does not know opens nothing', async () => {
  const mine = await startS3();
  const stranger = clientOf({ ...mine, accessKeyId: 'guessed' });
  await expect(stranger.send(new ListObjectsV2Command({ Bucket: mine.bucket }))).rejects.toThrow(/access key/i);
  await mine.stop();
});
