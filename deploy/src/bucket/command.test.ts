import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { bucketCommand } from './command.ts';

test('whoever upgraded and left the old file store running is told what to do', async () => {
  const store = createServer((_request, response) => response.writeHead(403).end()).listen(0, '127.0.0.1');
  onTestFinished(() => void store.close());
  await once(store, 'listening');
  const { port } = store.address() as AddressInfo;
  const env = {
    S3_ENDPOINT: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'bucket',
    AWS_SECRET_ACCESS_KEY: 'made after the store had started',
  };
  const makeBucket = bucketCommand(env, () => undefined, { patienceMs: 0 });
  await expect(makeBucket()).rejects.toThrow(/does not know "bucket" by this secret.* start it anew/);
});
