/// <reference path="./s3rver.d.ts" />
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { eventually } from './eventually.ts';
import { images } from './images.ts';
import { findServer } from './servers/find-server.ts';
import { answers } from './servers/speak.ts';
import { startContainer } from './servers/start-container.ts';

/** An S3 server and an empty bucket on it. Addressed by path: `<endpoint>/<bucket>/<key>`. */
export type TestS3 = {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Ends the server; the one of TEST_S3_ENDPOINT runs on, and keeps the bucket. */
  stop(): Promise<void>;
};

type Place = Omit<TestS3, 'bucket'>;

const region = 'us-east-1';

/**
 * Starts an S3 server with an empty bucket: a container, else one in this process over HTTP on the loopback interface (which
 * knows keys by their id and does not check signatures). Or makes a bucket on the server of TEST_S3_ENDPOINT, whose keys are TEST_S3_ACCESS_KEY_ID and TEST_S3_SECRET_ACCESS_KEY.
 */
export async function startS3(): Promise<TestS3> {
  const place = await findServer({
    title: 'S3',
    variable: 'TEST_S3_ENDPOINT',
    install: 'an S3 server',
    given: async (endpoint) => onGiven(endpoint),
    container: inContainer,
    bundled: inProcess,
  });
  const bucket = `test-${randomBytes(6).toString('hex')}`;
  const { endpoint, accessKeyId, secretAccessKey } = place;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  try {
    // A server made of several parts answers before all of them are there.
    await eventually(() => client.send(new CreateBucketCommand({ Bucket: bucket })), {
      timeoutMs: 20_000,
      everyMs: 200,
    });
  } catch (error) {
    await place.stop();
    throw error;
  } finally {
    client.destroy();
  }
  return { ...place, bucket };
}

function onGiven(endpoint: string): Place {
  return {
    endpoint,
    region,
    accessKeyId: process.env.TEST_S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: process.env.TEST_S3_SECRET_ACCESS_KEY ?? '',
    stop: async () => undefined,
  };
}

async function inContainer(): Promise<Place> {
  const [accessKeyId, secretAccessKey] = ['test', randomBytes(16).toString('hex')];
  const file = '/etc/seaweedfs/s3.json';
  const identity = {
    name: 'test',
    credentials: [{ accessKey: accessKeyId, secretKey: secretAccessKey }],
    actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
  };
  const server = await startContainer({
    name: 'S3',
    image: images.s3,
    port: 8333,
    files: { [file]: JSON.stringify({ identities: [identity] }) },
    command: [
      'server',
      ...['-dir=/data', '-ip=127.0.0.1', '-ip.bind=0.0.0.0'],
      // The image would otherwise set gigabytes aside for each bucket.
      ...['-master.volumePreallocate=false', '-master.volumeSizeLimitMB=64'],
      ...['-s3', '-s3.port=8333', `-s3.config=${file}`],
    ],
    isReady: (at) => answers(at, 'GET / HTTP/1.0\r\n\r\n', 'HTTP/1.'),
  });
  return {
    endpoint: `http://${server.host}:${server.port}`,
    region,
    accessKeyId,
    secretAccessKey,
    stop: server.stop,
  };
}

async function inProcess(): Promise<Place> {
  // Loaded only where it is used: it brings a web server of its own along.
  const { default: S3rver } = await import('s3rver');
  const directory = await mkdtemp(join(tmpdir(), 'uw-wizard-s3-'));
  const server = new S3rver({ address: '127.0.0.1', port: 0, directory, silent: true, vhostBuckets: false });
  // Going from page to page is broken in it (it asks for a cipher that OpenSSL no longer has): everything is one page.
  const list = server.store.listObjects.bind(server.store);
  server.store.listObjects = (name, options) => list(name, { ...options, maxKeys: Number.POSITIVE_INFINITY });
  const { port } = await server.run();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    async stop() {
      server.httpServer.closeAllConnections();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
