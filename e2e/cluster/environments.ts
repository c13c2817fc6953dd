import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import type { BookName } from '../house/books.ts';
import { databaseUrls } from './databases.ts';

/** What a cluster's parts know of each other. */
export type Secrets = {
  database: string;
  apiKey: string;
  tenantId: string;
  webhook: string;
  /** PKCS #8 PEM. */
  identityKey: string;
  /** SPKI PEM. */
  identityPublicKey: string;
  /** PKCS #8 PEM. */
  jwtKey: string;
  /** 32 bytes, base64. */
  secondFactorKey: string;
  auditKey: string;
  /** 32 bytes each, base64. */
  fieldKey: string;
  fieldIndexKey: string;
};

/** Where one replica of an app listens. */
export type Place = { app: ServiceName | 'gateway'; name: string; port: number; internalPort: number };

type Servers = {
  adminUrl: string;
  nats: { url: string };
  redis: { url: string };
  s3: { endpoint: string; bucket: string; accessKeyId: string; secretAccessKey: string };
};

type Variables = Readonly<Record<string, string>>;

/** The environment of each replica, as docker-compose.yml or an operator would give it. */
export function environments<P extends Place>({
  places,
  secrets,
  adminUrl,
  nats,
  redis,
  s3,
}: Servers & { places: readonly P[]; secrets: Secrets }): [P, Variables][] {
  const urlsOf = (app: Place['app']) =>
    places
      .filter((place) => place.app === app)
      .map(({ port }) => `http://127.0.0.1:${port}`)
      .join(',');
  const gatewayUrl = urlsOf('gateway').split(',')[0] ?? '';
  const service = (book: BookName): Variables => ({
    ...databaseUrls(adminUrl, book, secrets.database),
    IDENTITY_PUBLIC_KEY: secrets.identityPublicKey,
    BOOTSTRAP_TENANT_ID: secrets.tenantId,
    MOCK_MODE: 'true',
  });
  const files: Variables = {
    STORAGE: 's3',
    S3_ENDPOINT: s3.endpoint,
    S3_BUCKET: s3.bucket,
    S3_FORCE_PATH_STYLE: 'true',
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
  };
  const fields: Variables = { FIELD_ENCRYPTION_KEY: secrets.fieldKey };
  const own: Readonly<Record<Place['app'], Variables>> = {
    'auth-svc': {
      ...service('auth'),
      ...files,
      JWT_PRIVATE_KEY: secrets.jwtKey,
      SECOND_FACTOR_KEY: secrets.secondFactorKey,
      AUDIT_KEY: secrets.auditKey,
      BOOTSTRAP_API_KEY: secrets.apiKey,
    },
    'deals-svc': { ...service('deals'), ...fields, FIELD_INDEX_KEY: secrets.fieldIndexKey },
    'documents-svc': { ...service('documents'), ...files, ...fields },
    'signing-svc': {
      ...service('signing'),
      ...files,
      ...fields,
      SIGN_PROVIDER: 'mock',
      DOCUSIGN_WEBHOOK_SECRET: secrets.webhook,
      DROPBOXSIGN_WEBHOOK_SECRET: secrets.webhook,
      SIGN_WEBHOOK_URL: `${gatewayUrl}/api/sign/webhook`,
    },
    'sms-svc': { ...service('sms'), SMS_PROVIDER: 'mock', RATE_LIMIT_SMS_TENANT_PER_MINUTE: '100000' },
    gateway: {
      IDENTITY_KEY: secrets.identityKey,
      REDIS_URL: redis.url,
      AUTH_SVC_URL: urlsOf('auth-svc'),
      DEALS_SVC_URL: urlsOf('deals-svc'),
      DOCUMENTS_SVC_URL: urlsOf('documents-svc'),
      SIGNING_SVC_URL: urlsOf('signing-svc'),
      SMS_SVC_URL: urlsOf('sms-svc'),
      // The load comes from one key and one address: every call is counted, and none is one too many.
      RATE_LIMIT_KEY_PER_SECOND: '1000000',
      RATE_LIMIT_ADDRESS_PER_SECOND: '1000000',
    },
  };
  return places.map((place) => [
    place,
    {
      HOST: '127.0.0.1',
      PORT: String(place.port),
      METRICS_PORT: String(place.internalPort),
      PUBLIC_URL: gatewayUrl,
      NATS_URL: nats.url,
      LOG_LEVEL: 'info',
      ...own[place.app],
    },
  ]);
}
