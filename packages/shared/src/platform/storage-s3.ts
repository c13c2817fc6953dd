import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { DomainError } from '../errors.ts';
import { STORAGE_UNAVAILABLE } from './problem.ts';
import type { Storage } from './storage.ts';
import { checksumIn, checksumOf, folderOf, onlyWhole } from './storage-key.ts';

export type S3StorageOptions = {
  client: S3Client;
  bucket: string;
  /** Stands before every key, with a slash at its end: services that share a bucket list and sweep only their own. */
  prefix: string;
  /** What every upload says about encryption at rest; null where the server has none and refuses the word. */
  encryption: { kind: 'AES256' } | { kind: 'aws:kms'; keyId?: string | undefined } | null;
  /** How long storing one file may take, with all its attempts; 20,000 when absent. */
  putTimeoutMs?: number;
};

const putAttempts = 3;

/**
 * Files in an S3 bucket, private like the bucket itself. They go up and come down as streams and are never in memory as a
 * whole. The key's checksum is sent along twice, as a signed header and as the object's checksum, so that the server
 * refuses other bytes too. An upload shows up whole or not at all: that is S3's own promise for a single PUT.
 */
export function createS3Storage(options: S3StorageOptions): Storage {
  const { client, bucket, prefix } = options;
  const nameOf = (key: string) => `${prefix}${key}`;
  const put = async (key: string, path: string): Promise<void> => {
    const checksum = checksumOf(key);
    const { size } = await stat(path);
    const deadline = AbortSignal.timeout(options.putTimeoutMs ?? 20_000);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await putOnce(options, { name: nameOf(key), checksum, size, path }, deadline);
      } catch (error) {
        if (error instanceof UnfitFile) throw error.cause;
        if (attempt === putAttempts || deadline.aborted || !isWorthRepeating(error)) throw unavailable(error);
        await sleep(100 * 2 ** attempt * (0.5 + Math.random()));
      }
    }
  };
  return {
    bucket,
    put,
    async move(files) {
      // All to their ends: nothing may still read a file that is about to be removed.
      const moved = await Promise.allSettled(
        files.map(async ({ key, path }) => {
          await put(key, path);
          await rm(path);
        }),
      );
      const failed = moved.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    async read(key) {
      const checksum = checksumOf(key);
      const found = await client
        .send(new GetObjectCommand({ Bucket: bucket, Key: nameOf(key) }))
        .catch(noneOrUnavailable);
      if (found === null) return null;
      // In Node the body is always the response's own stream; the type also speaks of browsers.
      const source = found.Body as Readable;
      const stream = onlyWhole(checksum);
      source.once('error', (error) => stream.destroy(unavailable(error)));
      stream.once('close', () => source.destroy());
      return { stream: source.pipe(stream), sizeBytes: found.ContentLength ?? 0 };
    },
    async *listOlderThan(olderThanMs, tenantId) {
      const limitMs = Date.now() - olderThanMs;
      let next: string | undefined;
      do {
        const page = await client
          .send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: tenantId === undefined ? prefix : nameOf(folderOf(tenantId)),
              ...(next === undefined ? {} : { ContinuationToken: next }),
            }),
          )
          .catch(throwUnavailable);
        for (const { Key: name = '', LastModified: modifiedAt } of page.Contents ?? []) {
          const key = name.slice(prefix.length);
          if (modifiedAt !== undefined && modifiedAt.getTime() < limitMs && checksumIn(key) !== null) yield key;
        }
        next = page.NextContinuationToken;
      } while (next !== undefined);
    },
    async remove(key) {
      checksumOf(key);
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: nameOf(key) })).catch(throwUnavailable);
    },
    close() {
      client.destroy();
    },
  };
}

/** The file on our own disk cannot be sent: no fault of the store, and no use in another attempt. */
class UnfitFile extends Error {}

async function putOnce(
  { client, bucket, encryption }: S3StorageOptions,
  file: { name: string; checksum: string; size: number; path: string },
  deadline: AbortSignal,
): Promise<void> {
  const source = createReadStream(file.path);
  const body = onlyWhole(file.checksum);
  const unfit = new AbortController();
  source.once('error', (error) => body.destroy(error));
  body.once('error', (cause) => unfit.abort(new UnfitFile('the file cannot be sent', { cause })));
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: file.name,
    Body: source.pipe(body),
    ContentLength: file.size,
    ContentType: file.name.endsWith('.json') ? 'application/json' : 'application/pdf',
    ChecksumSHA256: Buffer.from(file.checksum, 'hex').toString('base64'),
    ...encryptionOf(encryption),
  });
  // Without it the SDK leaves the bytes of a stream out of its signature.
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (hasHeaders(request)) request.headers['x-amz-content-sha256'] = file.checksum;
      return next(args);
    },
    { step: 'build', name: 'signTheChecksum' },
  );
  try {
    // The deadline is the limit here: sending a large file takes its time.
    await client.send(command, { abortSignal: AbortSignal.any([deadline, unfit.signal]), requestTimeout: 0 });
  } catch (error) {
    if (unfit.signal.aborted) throw unfit.signal.reason;
    throw error;
  } finally {
    source.destroy();
    body.destroy();
  }
}

function encryptionOf(encryption: S3StorageOptions['encryption']) {
  if (encryption === null) return {};
  if (encryption.kind === 'AES256' || encryption.keyId === undefined) return { ServerSideEncryption: encryption.kind };
  return { ServerSideEncryption: encryption.kind, SSEKMSKeyId: encryption.keyId };
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}

/** An answer that says no stays no, except "slow down"; silence, a broken connection and a server's own failure may pass. */
function isWorthRepeating(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status >= 500 || status === 408 || status === 429;
  return !(error instanceof Error && error.name === 'CredentialsProviderError');
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function noneOrUnavailable(error: unknown): null {
  if (error instanceof NoSuchKey) return null;
  throw unavailable(error);
}

function throwUnavailable(error: unknown): never {
  throw unavailable(error);
}

function unavailable(cause: unknown): DomainError {
  return new DomainError(
    STORAGE_UNAVAILABLE,
    'Files can neither be kept nor read now. Repeat the call with the same key.',
    {
      retryAfterSeconds: 5,
      cause,
    },
  );
}
