import { expect, test } from 'vitest';
import { z } from 'zod';
import { flag, readConfig } from './config.ts';
import { checkStorage, storageOf, storageVariables } from './open-storage.ts';

const schema = z
  .object({ MOCK_MODE: flag.optional(), ...storageVariables })
  .superRefine((values, context) =>
    checkStorage(values, (name, message) => context.addIssue({ code: 'custom', path: [name], message })),
  );
const load = (env: Record<string, string>) =>
  storageOf(readConfig(schema, env), { folder: '/data/uploads', prefix: 'documents/' });

test('in mock mode files are kept on disk unless S3 is chosen; otherwise a store has to be chosen', () => {
  expect(load({ MOCK_MODE: 'true' })).toEqual({ kind: 'local', folder: '/data/uploads' });
  expect(load({ MOCK_MODE: 'true', STORAGE: 's3' })).toMatchObject({ kind: 's3' });
  expect(load({ STORAGE: 'local' })).toEqual({ kind: 'local', folder: '/data/uploads' });
  for (const env of [{}, { MOCK_MODE: 'false' }]) expect(() => load(env)).toThrow(/STORAGE: say local or s3/);
});

test('S3 is Amazon with encryption at rest and the credentials that the SDK finds, unless told otherwise', () => {
  expect(load({ STORAGE: 's3' })).toEqual({
    kind: 's3',
    bucket: 'uwizard-private',
    prefix: 'documents/',
    region: 'us-east-1',
    endpoint: undefined,
    forcePathStyle: false,
    encryption: { kind: 'AES256' },
  });
  const told = {
    ...{ STORAGE: 's3', S3_BUCKET: 'ours', S3_ENDPOINT: 'http://s3:9000', AWS_REGION: 'eu-west-1' },
    ...{ S3_SSE: 'aws:kms', S3_KMS_KEY_ID: 'key-1' },
    ...{ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' },
  };
  expect(load(told)).toMatchObject({
    ...{ bucket: 'ours', region: 'eu-west-1', endpoint: 'http://s3:9000', forcePathStyle: true },
    encryption: { kind: 'aws:kms', keyId: 'key-1' },
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' },
  });
  expect(load({ ...told, S3_FORCE_PATH_STYLE: 'false', S3_SSE: 'none' })).toMatchObject({
    forcePathStyle: false,
    encryption: null,
  });
});

test('everything that is wrong is named at once: bucket, address, half a credential, a secret from an example', () => {
  const wrong = { STORAGE: 's3', S3_BUCKET: 'No Bucket', S3_ENDPOINT: 's3.test', S3_SSE: 'rot13' };
  expect(() => load(wrong)).toThrow(/S3_BUCKET[\s\S]*S3_ENDPOINT[\s\S]*S3_SSE/);
  expect(() => load({ STORAGE: 's3', AWS_ACCESS_KEY_ID: 'id' })).toThrow(/- AWS_SECRET_ACCESS_KEY/);
  expect(() => load({ STORAGE: 's3', AWS_SECRET_ACCESS_KEY: 'secret' })).toThrow(/- AWS_ACCESS_KEY_ID/);
  const example = { STORAGE: 's3', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'changeme' };
  expect(() => load(example)).toThrow(/replace changeme/);
});
