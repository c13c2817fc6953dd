import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { CountFiles } from '../house/census.ts';

type S3 = { endpoint: string; bucket: string; accessKeyId: string; secretAccessKey: string };

/** Counts the files of a cluster that keeps them on S3: `documents/tenant/deal/…` and `agreements/tenant/deal/…`. */
export function filesOnS3({ endpoint, bucket, accessKeyId, secretAccessKey }: S3): CountFiles {
  return async (kind, { tenantId, dealIds }) => {
    const prefix = `${kind === 'uploads' ? 'documents' : 'agreements'}/${tenantId}/`;
    const client = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    try {
      const wanted = new Set(dealIds);
      const files = new Map<string, number>();
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
        for (const { Key = '' } of page.Contents ?? []) {
          const deal = Key.slice(prefix.length).split('/')[0] ?? '';
          if (wanted.has(deal)) files.set(deal, (files.get(deal) ?? 0) + 1);
        }
      }
      return files;
    } finally {
      client.destroy();
    }
  };
}
