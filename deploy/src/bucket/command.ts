import { CreateBucketCommand, HeadBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { type Env, flag, readConfig } from '@uw-wizard/shared/platform/config';
import { z } from 'zod';

const variables = z.object({
  S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  S3_BUCKET: z.string().default('uwizard-private'),
  S3_FORCE_PATH_STYLE: flag.default(true),
  AWS_REGION: z.string().default('us-east-1'),
  AWS_ACCESS_KEY_ID: z.string({ error: 'name the user of the file store' }),
  AWS_SECRET_ACCESS_KEY: z.string({ error: 'give the secret of the file store' }),
});

const pauseMs = 1_000;

/**
 * `bucket`: makes the bucket when it is not there, as soon as the store answers. Nothing makes it public. Throws what
 * the store said last when it has not let us in within `patienceMs`.
 */
export function bucketCommand(
  env: Env,
  print: (text: string) => void,
  { patienceMs = 60_000 } = {},
): () => Promise<void> {
  return async () => {
    const { S3_ENDPOINT: endpoint, S3_BUCKET: Bucket, ...given } = readConfig(variables, env);
    const client = new S3Client({
      region: given.AWS_REGION,
      forcePathStyle: given.S3_FORCE_PATH_STYLE,
      credentials: { accessKeyId: given.AWS_ACCESS_KEY_ID, secretAccessKey: given.AWS_SECRET_ACCESS_KEY },
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    for (const started = performance.now(); ; ) {
      try {
        const made = await makeIfMissing(client, Bucket);
        print(`${Bucket}: ${made ? 'made' : 'there already'}\n`);
        return;
      } catch (error) {
        if (performance.now() - started > patienceMs) throw refused(error, given.AWS_ACCESS_KEY_ID) ?? error;
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

/** The answer to HEAD has no body: of a refused key the SDK knows a number only. */
function refused(error: unknown, user: string): Error | undefined {
  if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 403) return undefined;
  const why = `The file store does not know "${user}" by this secret.`;
  return new Error(`${why} It reads who may use it when it starts: start it anew (docker compose restart s3).`);
}
