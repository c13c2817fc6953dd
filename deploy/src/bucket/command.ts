import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type Env, flag, readConfig } from '@uw-wizard/shared/platform/config';
import { z } from 'zod';

const variables = z.object({
  S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  S3_BUCKET: z.string().default('uwizard-private'),
  S3_FORCE_PATH_STYLE: flag.default(true),
  AWS_REGION: z.string().default('us-east-1'),
});

const patienceMs = 60_000;
const pauseMs = 1_000;

/**
 * `bucket`: makes the bucket when it is not there, as soon as the store answers. Nothing makes it public. Credentials come
 * from where the AWS SDK looks for them. Throws what the store said last when it does not answer within a minute.
 */
export function bucketCommand(env: Env, print: (text: string) => void): () => Promise<void> {
  return async () => {
    const { S3_ENDPOINT: endpoint, S3_BUCKET: Bucket, S3_FORCE_PATH_STYLE, AWS_REGION } = readConfig(variables, env);
    const client = new S3Client({
      region: AWS_REGION,
      forcePathStyle: S3_FORCE_PATH_STYLE,
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    for (const started = performance.now(); ; ) {
      try {
        const made = await makeIfMissing(client, Bucket);
        print(`${Bucket}: ${made ? 'made' : 'there already'}\n`);
        return;
      } catch (error) {
        if (performance.now() - started > patienceMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  };
}

async function makeIfMissing(client: S3Client, Bucket: string): Promise<boolean> {
  try {
    await client.send(new HeadBucketCommand({ Bucket }));
    return false;
  } catch (error) {
    if (!(error instanceof Error && error.name === 'NotFound')) throw error;
    await client.send(new CreateBucketCommand({ Bucket }));
    return true;
  }
}
