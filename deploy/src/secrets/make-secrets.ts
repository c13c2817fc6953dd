import { createPrivateKey, createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { type BusUser, busUsers } from '@uw-wizard/shared/contracts/neighbours';
import { natsServerConfig } from '@uw-wizard/shared/platform/nats-server-config';
import { nextCredentials } from './credentials.ts';
import type { Given } from './given.ts';
import { type Kept, openKept, readIfThere, writeOnce } from './keep.ts';

/** The databases: `uw_auth` with its roles `uw_auth_owner` (migrations), `uw_auth` (calls) and `uw_auth_worker` (outbox, sweeps), and so on. */
export const databases = ['auth', 'deals', 'documents', 'signing', 'sms'] as const;
type DatabaseName = (typeof databases)[number];

/** Every part that is handed secrets, each in a folder (a volume) of its own. */
type Consumer = BusUser | 'postgres' | 'nats' | 'redis' | 's3' | 'bucket' | 'grafana' | 'backup';
type Files = Record<string, string>;

/** Who uses the file store, each under its own name and with its own secret. */
const storeUsers = ['auth-svc', 'documents-svc', 'signing-svc', 'bucket', 'backup'] as const;
type StoreUser = (typeof storeUsers)[number];

/** Our images run as the user who writes here. Other people's run as users of their own, alone with their volume. */
const modeFor = (consumer: Consumer) =>
  ['postgres', 'nats', 'redis', 's3', 'grafana'].includes(consumer) ? 0o444 : 0o440;

/** What all streams together may take of the disk: five of 512 MiB, with room. */
const busDiskBytes = 4 * 1024 ** 3;

/** Where credentials.json is below the folder of the secrets. */
export const credentialsFile = join('kept', 'credentials.json');

/**
 * Makes what is missing below `given.SECRETS_DIR` and hands each part what it needs and nothing more. What was made once
 * is never made again; run a second time it changes only what is given differently.
 */
export async function makeSecrets(given: Given): Promise<void> {
  const root = given.SECRETS_DIR;
  const kept = openKept(join(root, 'kept'));
  const path = join(root, credentialsFile);
  const credentials = nextCredentials(given, await readIfThere(path));
  // On the disk before anybody stores a hash of what is in it: a crash in between locks nobody out.
  await writeOnce(path, `${JSON.stringify(credentials, null, 2)}\n`, 0o400);

  const identityKey = await kept.privateKey('identity-key.pem');
  const publicKey = createPublicKey(createPrivateKey(identityKey)).export({ type: 'spki', format: 'pem' }).toString();
  const busPasswords = await passwordsOf(kept, busUsers, (user) => `nats-${user}`);
  const owners = await passwordsOf(kept, databases, (name) => `postgres-${name}-owner`);
  const runtimes = await passwordsOf(kept, databases, (name) => `postgres-${name}`);
  const workers = await passwordsOf(kept, databases, (name) => `postgres-${name}-worker`);
  const redisPassword = await kept.secret('redis');
  const storeSecrets = await passwordsOf(kept, storeUsers, (user) => `s3-${user}`);

  const bus = (user: BusUser): Files => ({ 'nats-url': `nats://${user}:${busPasswords[user]}@nats:4222` });
  const ownerUrl = (name: DatabaseName) => databaseUrl(name, `uw_${name}_owner`, owners[name]);
  const fileStore = (user: StoreUser): Files => ({ 's3-secret-key': storeSecrets[user] });
  const fieldKey = async (name: DatabaseName): Promise<Files> => ({
    'field-encryption-key': await kept.secret(`${name}-field-encryption-key`),
  });
  const service = (name: DatabaseName): Files => ({
    ...bus(`${name}-svc`),
    'database-url': databaseUrl(name, `uw_${name}`, runtimes[name]),
    'database-worker-url': databaseUrl(name, `uw_${name}_worker`, workers[name]),
    'database-migration-url': ownerUrl(name),
    'identity-public-key.pem': publicKey,
    'tenant-id': credentials.tenant_id,
  });
  const files: Record<Consumer, Files> = {
    gateway: {
      ...bus('gateway'),
      'identity-key.pem': identityKey,
      'redis-url': `redis://:${redisPassword}@redis:6379`,
    },
    'auth-svc': {
      ...service('auth'),
      ...fileStore('auth-svc'),
      'jwt-key.pem': await kept.privateKey('jwt-key.pem'),
      'second-factor-key': await kept.secret('second-factor-key'),
      'audit-key': await kept.secret('audit-key'),
      'admin-email': credentials.email,
      'admin-password': credentials.password,
      'api-key': credentials.api_key,
    },
    'deals-svc': {
      ...service('deals'),
      ...(await fieldKey('deals')),
      'field-index-key': await kept.secret('deals-field-index-key'),
    },
    'documents-svc': { ...service('documents'), ...fileStore('documents-svc'), ...(await fieldKey('documents')) },
    'signing-svc': {
      ...service('signing'),
      ...fileStore('signing-svc'),
      ...(await fieldKey('signing')),
      'docusign-webhook-secret': given.DOCUSIGN_WEBHOOK_SECRET?.join(',') ?? credentials.docusign_webhook_secret,
      'dropboxsign-webhook-secret':
        given.DROPBOXSIGN_WEBHOOK_SECRET?.join(',') ?? credentials.dropboxsign_webhook_secret,
    },
    'sms-svc': { ...service('sms'), 'cherry-webhook-secret': given.CHERRY_WEBHOOK_SECRET?.join(',') ?? '' },
    postgres: {
      'superuser-password': await kept.secret('postgres'),
      ...Object.fromEntries(databases.map((name) => [`${name}-owner-password`, owners[name]])),
      ...Object.fromEntries(databases.map((name) => [`${name}-password`, runtimes[name]])),
      ...Object.fromEntries(databases.map((name) => [`${name}-worker-password`, workers[name]])),
    },
    nats: {
      'nats-server.conf': natsServerConfig({
        users: busPasswords,
        listen: '0.0.0.0:4222',
        monitor: '127.0.0.1:8222',
        storeDir: '/data',
        maxStoreBytes: busDiskBytes,
      }),
    },
    redis: { 'redis.conf': redisConfig(redisPassword), password: redisPassword },
    s3: { 'identities.json': s3Identities(storeSecrets) },
    bucket: fileStore('bucket'),
    grafana: { 'admin-password': await kept.secret('grafana') },
    backup: {
      ...fileStore('backup'),
      ...Object.fromEntries(databases.map((name) => [`${name}-database-url`, ownerUrl(name)])),
    },
  };
  for (const [consumer, own] of Object.entries(files) as [Consumer, Files][]) {
    for (const [name, text] of Object.entries(own))
      await writeOnce(join(root, consumer, name), text, modeFor(consumer));
  }
}

function databaseUrl(name: DatabaseName, user: string, password: string): string {
  return `postgres://${user}:${password}@postgres:5432/uw_${name}`;
}

async function passwordsOf<Name extends string>(kept: Kept, names: readonly Name[], called: (name: Name) => string) {
  const entries = await Promise.all(names.map(async (name) => [name, await kept.secret(called(name))] as const));
  // fromEntries forgets which keys it was given.
  return Object.fromEntries(entries) as Record<Name, string>;
}

/** Every write is on the disk within a second; what does not fit is refused, since nothing in it may be dropped. */
function redisConfig(password: string): string {
  return [
    'bind 0.0.0.0 -::*',
    'port 6379',
    `requirepass ${password}`,
    'dir /data',
    'appendonly yes',
    'appendfsync everysec',
    'maxmemory 192mb',
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}

/** A user for each part, who is asked for its key; without an anonymous one nothing in the bucket is public. */
function s3Identities(secrets: Record<StoreUser, string>): string {
  const identities = storeUsers.map((name) => ({
    name,
    credentials: [{ accessKey: name, secretKey: secrets[name] }],
    // Only whoever makes the bucket does more than read, write and list what is in it.
    actions: name === 'bucket' ? ['Admin'] : ['Read', 'Write', 'List'],
  }));
  return `${JSON.stringify({ identities }, null, 2)}\n`;
}
