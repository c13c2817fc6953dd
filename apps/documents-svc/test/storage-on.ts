import type { StorageConfig } from '@uw-wizard/shared/platform/open-storage';
import type { TestS3 } from '@uw-wizard/testkit/s3';

/** Where the service keeps its files on a test's S3 server, or on a door in front of it. */
export function storageOn(s3: TestS3, endpoint = s3.endpoint): StorageConfig {
  const { bucket, region, accessKeyId, secretAccessKey } = s3;
  return {
    ...{ kind: 's3', endpoint, bucket, region, prefix: 'documents/', forcePathStyle: true },
    ...{ encryption: { kind: 'AES256' }, credentials: { accessKeyId, secretAccessKey } },
  };
}
