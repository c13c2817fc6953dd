import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { ConfigError, flag } from './config.ts';
import type { Logger } from './logger.ts';
import { createLocalStorage, type Storage } from './storage.ts';
import { createS3Storage, type S3StorageOptions } from './storage-s3.ts';

/** Where a service keeps its files. */
export type StorageConfig =
  | { readonly kind: 'local'; readonly folder: string }
  | ({
      readonly kind: 's3';
      readonly region: string;
      /** Any S3-compatible server; absent: AWS. */
      readonly endpoint?: string | undefined;
      /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. */
      readonly forcePathStyle: boolean;
      /** Absent: the SDK looks for them where it always does (profile, web identity, the container's or machine's role). */
      readonly credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
    } & Pick<S3StorageOptions, 'bucket' | 'prefix' | 'encryption'>);

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The variables that choose a store; part of the schema of every service that keeps files. */
export const storageVariables = {
  STORAGE: z.enum(['local', 's3'], { error: 'use local or s3' }).optional().describe('local with MOCK_MODE=true'),
  S3_BUCKET: z
    .string()
    .regex(bucketName, 'use the name of a bucket: 3 to 63 of a-z, 0-9, . and -')
    .default('uwizard-private')
    .describe('a private bucket; it has to be there'),
  S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'use a URL, like https://s3.example.com' })
    .optional()
    .describe("an S3-compatible server that is not Amazon's"),
  S3_FORCE_PATH_STYLE: flag
    .optional()
    .describe('endpoint/bucket/key instead of bucket.endpoint/key; true with S3_ENDPOINT'),
  S3_SSE: z
    .enum(['AES256', 'aws:kms', 'none'], { error: 'use AES256, aws:kms or none' })
    .default('AES256')
    .describe('encryption at rest asked for with every file; none where the server refuses the word'),
  S3_KMS_KEY_ID: z.string().optional().describe("key of aws:kms; the account's own"),
  AWS_REGION: z.string().default('us-east-1').describe('region of the bucket'),
  AWS_ACCESS_KEY_ID: z.string().optional().describe('or any other way in which the AWS SDK finds credentials'),
  AWS_SECRET_ACCESS_KEY: z.string().optional().describe('the secret of AWS_ACCESS_KEY_ID'),
  AWS_SESSION_TOKEN: z.string().optional().describe('of temporary credentials'),
};

type StorageVariables = z.infer<z.ZodObject<typeof storageVariables>>;

/** Names what is wrong with the variables together. `MOCK_MODE=true` gives STORAGE its default, local. */
export function checkStorage(
  values: StorageVariables & { MOCK_MODE?: boolean | undefined },
  complain: (name: string, message: string) => void,
): void {
  if (values.STORAGE === undefined && values.MOCK_MODE !== true) complain('STORAGE', 'say local or s3');
  if (values.STORAGE !== 's3') return;
  const [id, secret] = [values.AWS_ACCESS_KEY_ID, values.AWS_SECRET_ACCESS_KEY];
  if (id === undefined && secret !== undefined)
    complain('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY is nothing without it');
  if (id !== undefined && secret === undefined)
    complain('AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID is nothing without it');
  if (secret === 'changeme' && values.MOCK_MODE !== true) {
    complain('AWS_SECRET_ACCESS_KEY', 'replace changeme by a secret of your own');
  }
}

/** `folder` is used on disk, `prefix` in a bucket: each is the service's own, because it sweeps what it finds there. */
export function storageOf(values: StorageVariables, own: { folder: string; prefix: string }): StorageConfig {
  if (values.STORAGE !== 's3') return { kind: 'local', folder: own.folder };
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = values;
  const session = token === undefined ? {} : { sessionToken: token };
  const given = accessKeyId !== undefined && secretAccessKey !== undefined;
  return {
    kind: 's3',
    bucket: values.S3_BUCKET,
    prefix: own.prefix,
    region: values.AWS_REGION,
    endpoint: values.S3_ENDPOINT,
    // Servers other than Amazon's seldom have a host name for every bucket.
    forcePathStyle: values.S3_FORCE_PATH_STYLE ?? values.S3_ENDPOINT !== undefined,
    encryption: values.S3_SSE === 'none' ? null : { kind: values.S3_SSE, keyId: values.S3_KMS_KEY_ID },
    ...(given ? { credentials: { accessKeyId, secretAccessKey, ...session } } : {}),
  };
}

/**
 * The store of `config`. Throws a ConfigError when there are no credentials for it, or no such bucket. A store that does not
 * answer is said in the log and no reason not to start: what needs no file works without it.
 */
export async function openStorage(config: StorageConfig, log: Logger): Promise<Storage> {
  if (config.kind === 'local') return createLocalStorage(config.folder);
  const { bucket, prefix, encryption, endpoint, credentials } = config;
  const client = new S3Client({
    region: config.region,
    forcePathStyle: config.forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 3,
    // What fails is thrown, and logged where it ends up.
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    // We send the checksum ourselves, and look at every byte that comes back.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would cost every upload a connection of its own.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 15_000,
      throwOnRequestTimeout: true,
      socketTimeout: 30_000,
    },
  });
  try {
    await checkBucket(client, bucket, log);
  } catch (error) {
    client.destroy();
    throw error;
  }
  return createS3Storage({ client, bucket, prefix, encryption });
}

function nothing(): void {}

async function checkBucket(client: S3Client, bucket: string, log: Logger): Promise<void> {
  const missing = (name: string) =>
    `${name}: no credentials for S3 were found, here or where the AWS SDK looks for them`;
  await client.config.credentials().catch((cause: unknown) => {
    log.error({ err: cause }, 'no credentials for S3');
    throw new ConfigError([missing('AWS_ACCESS_KEY_ID'), missing('AWS_SECRET_ACCESS_KEY')]);
  });
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: AbortSignal.timeout(5_000) });
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFound') {
      throw new ConfigError([`S3_BUCKET: there is no bucket ${bucket}; make it, private, before the service starts`]);
    }
    log.error({ err: error, bucket }, 'the file store does not answer as it should; starting without it');
  }
}
