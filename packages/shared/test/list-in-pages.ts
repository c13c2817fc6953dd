import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { Meddle } from '@uw-wizard/testkit/s3-door';

/**
 * Answers listings in pages of two keys, as S3 does in pages of a thousand: the server of the tests has the keys, but gives
 * them all in one page.
 */
export function listInPages(client: S3Client, bucket: string): Meddle {
  return (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://door');
    if (req.method !== 'GET' || pathname.replace(/\/$/, '') !== `/${bucket}`) return false;
    void client
      .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: searchParams.get('prefix') ?? '' }))
      .then((all) => {
        const after = searchParams.get('continuation-token') ?? '';
        const rest = (all.Contents ?? []).filter(({ Key = '' }) => Key > after);
        const page = rest.slice(0, 2).map(({ Key, LastModified }) => {
          return `<Contents><Key>${Key}</Key><LastModified>${LastModified?.toISOString()}</LastModified></Contents>`;
        });
        const more = rest.length > 2 ? `<NextContinuationToken>${rest[1]?.Key}</NextContinuationToken>` : '';
        const body = `<IsTruncated>${rest.length > 2}</IsTruncated>${more}${page.join('')}`;
        res.setHeader('Content-Type', 'application/xml').end(`<ListBucketResult>${body}</ListBucketResult>`);
      });
    return true;
  };
}
