import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServiceName, serviceNames } from '@uw-wizard/shared/contracts/routes';
import { startNats } from '@uw-wizard/testkit/nats';
import { startRedis } from '@uw-wizard/testkit/redis';
import { startS3 } from '@uw-wizard/testkit/s3';
import { findFreePort } from '@uw-wizard/testkit/servers/free-port';
import type { Target } from '../flow/client.ts';
import { type Books, openBooks } from '../house/books.ts';
import type { CountFiles } from '../house/census.ts';
import { essentials } from '../house.ts';
import { createDatabases } from './databases.ts';
import { environments, type Place, type Secrets } from './environments.ts';
import { filesOnS3 } from './files-on-s3.ts';
import { makeGuardedFolder } from './guard.ts';
import type { Part } from './part.ts';
import { postgresPart } from './postgres-part.ts';
import { programPart } from './program-part.ts';
import { serverPart } from './server-part.ts';

/** As in the containers: young generations of 8 MiB, the gateway's of 16. */
function memoryOf(app: ServiceName | 'gateway'): Record<string, string> {
  return { MALLOC_ARENA_MAX: '2', NODE_OPTIONS: `--max-semi-space-size=${app === 'gateway' ? 16 : 8}` };
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every service as processes of their own, several replicas of each, on real PostgreSQL, NATS, Redis and S3. */
export type Cluster = {
  /** Everything that can be killed, paused and started again. */
  readonly parts: readonly Part[];
  /** The gateways, each good for any call. */
  readonly targets: readonly [Target, ...Target[]];
  readonly tenantId: string;
  readonly folder: string;
  /** Leaves the folder with its logs when everything ends. */
  keepFolder(): void;
  readonly countFiles: CountFiles;
  openBooks(): Promise<Books>;
  part(name: string): Part;
  /** The internal door of a service's replica or of a gateway: health, readiness, metrics. */
  internalUrl(name: string): string;
  /** The door of a service's replica that only a gateway should know. */
  serviceUrl(name: string): string;
  /** The key by which gateways sign who is calling, PKCS #8 PEM. */
  readonly identityKey: string;
  /** Ends everything, services in order first; throws when one of them does not end as it should. */
  stop(): Promise<void>;
};

export type ClusterOptions = {
  replicas: number;
  /** Told of what is being started. */
  onStep?: (step: string) => void;
  /** The folder stays, for a look at the logs. */
  keep?: boolean;
  /** More variables of every service and gateway. */
  env?: Readonly<Record<string, string>>;
};

/** Starts a cluster. What was started is ended again when a later part does not start. */
export async function startCluster({ replicas, onStep, keep, env = {} }: ClusterOptions): Promise<Cluster> {
  const folder = await makeGuardedFolder({ keep: keep ?? false });
  const ends: (() => Promise<void>)[] = [folder.remove];
  const endAll = async () => {
    const wrongs: unknown[] = [];
    for (const end of ends.splice(0).reverse()) await end().catch((error: unknown) => wrongs.push(error));
    if (wrongs.length > 0) throw wrongs[0];
  };
  try {
    onStep?.('PostgreSQL, NATS, Redis, S3');
    const secrets = makeSecrets();
    const databasePort = await findFreePort();
    const postgres = postgresPart({
      folder: folder.path,
      port: databasePort,
      password: secrets.database,
      onSpawn: folder.own,
    });
    const adminUrl = `postgresql://postgres:${secrets.database}@127.0.0.1:${databasePort}/postgres`;
    await postgres.start();
    await createDatabases(adminUrl, secrets.database);
    const [nats, redis, s3] = await Promise.all([startNats(), startRedis(), startS3()]);
    ends.push(
      () => nats.stop(),
      () => redis.stop(),
      () => s3.stop(),
    );

    const replicaNumbers = Array.from({ length: replicas }, (_, at) => at + 1);
    const names: readonly (ServiceName | 'gateway')[] = [...serviceNames, 'gateway'];
    const places: Place[] = [];
    for (const app of names) {
      for (const number of replicaNumbers) {
        places.push({ app, name: `${app}-${number}`, port: await findFreePort(), internalPort: await findFreePort() });
      }
    }
    const programs: Part[] = [];
    for (const [place, variables] of environments({ places, adminUrl, nats, redis, s3, secrets })) {
      const cwd = join(folder.path, place.name);
      await mkdir(cwd);
      programs.push(
        programPart({
          name: place.name,
          command: [process.execPath, join(root, 'apps', place.app, 'src', 'main.ts')],
          env: { ...essentials(), ...memoryOf(place.app), ...variables, ...env, DATA_DIR: join(cwd, 'data') },
          cwd,
          logFile: join(folder.path, `${place.name}.log`),
          isReady: () => isReady(`http://127.0.0.1:${place.port}/readyz`),
          onSpawn: folder.own,
        }),
      );
    }
    ends.push(async () => {
      const stopped = await Promise.allSettled(programs.map((part) => part.stop()));
      await postgres.stop();
      const refused = stopped.find((one) => one.status === 'rejected');
      if (refused !== undefined) throw refused.reason;
    });
    onStep?.(`${replicas} of each service and ${replicas} gateways`);
    // One of each first: it makes the tables, which the others then find.
    for (const number of replicaNumbers) {
      await Promise.all(programs.filter(({ name }) => name.endsWith(`-${number}`)).map((part) => part.start()));
    }

    const placeOf = (name: string): Place => {
      const place = places.find((one) => one.name === name);
      if (place === undefined) throw new Error(`there is no ${name}`);
      return place;
    };
    const parts = [postgres, serverPart('nats', nats), serverPart('redis', redis), ...programs];
    const [first, ...others] = places
      .filter(({ app }) => app === 'gateway')
      .map(({ port }) => ({
        baseUrl: `http://127.0.0.1:${port}`,
        apiKey: secrets.apiKey,
        tenantId: secrets.tenantId,
      }));
    if (first === undefined) throw new Error('a cluster has one replica of each at least');
    return {
      parts,
      targets: [first, ...others],
      tenantId: secrets.tenantId,
      folder: folder.path,
      keepFolder: folder.keep,
      countFiles: filesOnS3(s3),
      openBooks: () => openBooks({ dataDir: folder.path, databaseUrl: adminUrl }),
      part(name) {
        const part = parts.find((one) => one.name === name);
        if (part === undefined) throw new Error(`there is no ${name}: ${parts.map((one) => one.name).join(', ')}`);
        return part;
      },
      internalUrl: (name) => `http://127.0.0.1:${placeOf(name).internalPort}`,
      serviceUrl: (name) => `http://127.0.0.1:${placeOf(name).port}`,
      identityKey: secrets.identityKey,
      stop: endAll,
    };
  } catch (error) {
    await endAll().catch(() => undefined);
    throw error;
  }
}

function makeSecrets(): Secrets {
  const secret = () => randomBytes(24).toString('base64url');
  const identity = generateKeyPairSync('ed25519');
  const jwt = generateKeyPairSync('ed25519');
  return {
    database: secret(),
    apiKey: `uw_${randomBytes(32).toString('base64url')}`,
    tenantId: 'demo',
    webhook: secret(),
    identityKey: identity.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    identityPublicKey: identity.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    secondFactorKey: randomBytes(32).toString('base64'),
    jwtKey: jwt.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    auditKey: secret(),
    fieldKey: randomBytes(32).toString('base64'),
    fieldIndexKey: randomBytes(32).toString('base64'),
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
