import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import {
  auditKey,
  checkOidc,
  mailTarget,
  mailVariables,
  oidcSettings,
  oidcVariables,
} from '@uw-wizard/auth-svc/config';
import { hstsSettings, hstsVariables } from '@uw-wizard/gateway/config';
import { type Env, flag, list, port, readConfig } from '@uw-wizard/shared/platform/config';
import { checkStorage, type StorageConfig, storageOf, storageVariables } from '@uw-wizard/shared/platform/open-storage';
import {
  fieldIndexVariables,
  fieldVariables,
  privateKeys,
  sealingKeys,
  tracingSettings,
  tracingVariables,
} from '@uw-wizard/shared/platform/service-config';
import { z } from 'zod';

const only = (value: string, why: string) => z.literal(value, { error: `this version has ${why}` });

const databaseUrl = z
  .string()
  .refine((url) => !/^sqlite:/i.test(url), {
    error:
      'SQLite is not supported. Leave it out for the embedded PostgreSQL; "import-pilot" brings the data of a pilot over',
    abort: true,
  })
  .pipe(z.url({ protocol: /^postgres(ql)?$/, error: 'use postgres://user:password@host:port/database' }));

const pem = z
  .string()
  .transform((text) => text.replaceAll('\\n', '\n'))
  .pipe(z.string().startsWith('-----BEGIN PRIVATE KEY-----', 'use an Ed25519 private key, PKCS #8 PEM'));

const limit = z.coerce.number({ error: 'use a number' }).int().min(0);

const addresses = list.refine((items) => items.every(isAddressOrRange), {
  error: 'use addresses or CIDR ranges, separated by commas',
});

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** Secrets that may not be left at the value of an example. */
const secrets = [
  'DOCUSIGN_WEBHOOK_SECRET',
  'DROPBOXSIGN_WEBHOOK_SECRET',
  'DROPBOXSIGN_API_KEY',
  'CHERRY_WEBHOOK_SECRET',
  'BOOTSTRAP_ADMIN_PASSWORD',
  'BOOTSTRAP_API_KEY',
  'OIDC_CLIENT_SECRET',
] as const;

/** The variables of `npm start`. */
export const variables = z.object({
  APP_NAME: z.string().min(1).max(40).default('UW Wizard'),
  DEBUG: flag.default(false),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8000),
  PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'use a URL, like https://desk.example.com' }).optional(),
  DATA_DIR: z.string().default('./data'),
  LOG_LEVEL: z.enum(logLevels, { error: `use one of ${logLevels.join(', ')}` }).optional(),
  METRICS_HOST: z.string().default('127.0.0.1'),
  METRICS_PORT: port.optional(),
  ...tracingVariables,
  TRUSTED_PROXIES: addresses.default([]),
  ALLOWED_HOSTS: list.default([]),
  ...hstsVariables,
  CORS_ORIGINS: list.default(['http://localhost:5173', 'http://localhost:3000']),
  DATABASE_URL: databaseUrl.optional(),
  NATS_URL: only('memory://local', 'memory://local only').default('memory://local'),
  REDIS_URL: only('memory://local', 'memory://local only').default('memory://local'),
  IDENTITY_KEY: pem.optional(),
  JWT_PRIVATE_KEY: privateKeys.optional(),
  SECOND_FACTOR_KEY: sealingKeys.optional(),
  AUDIT_KEY: auditKey.optional(),
  FIELD_ENCRYPTION_KEY: fieldVariables.FIELD_ENCRYPTION_KEY.optional(),
  FIELD_INDEX_KEY: fieldIndexVariables.FIELD_INDEX_KEY.optional(),
  JWT_ISSUER: z.string().default('uw-wizard'),
  JWT_AUDIENCE: z.string().default('uw-wizard-api'),
  SANCTIONS_DIR: z.string().optional(),
  CLAMD_URL: z
    .string()
    .regex(/^(tcp:\/\/(\[[0-9a-fA-F:]+\]|[^\s/:@]+):\d{1,5}|unix:\/\S+)$/, 'use tcp://host:port or unix:/path')
    .optional(),
  RATE_LIMIT_KEY_PER_SECOND: limit.default(300),
  RATE_LIMIT_ADDRESS_PER_SECOND: limit.default(600),
  RATE_LIMIT_LOGIN_PER_MINUTE: limit.default(5),
  ...mailVariables,
  ...oidcVariables,
  MOCK_MODE: flag.default(true),
  ...storageVariables,
  SIGN_PROVIDER: only('mock', 'the signature provider mock').optional(),
  SMS_PROVIDER: only('mock', 'the SMS provider mock').optional(),
  DOCUSIGN_WEBHOOK_SECRET: list.optional(),
  DROPBOXSIGN_API_KEY: z.string().optional(),
  DROPBOXSIGN_WEBHOOK_SECRET: list.optional(),
  CHERRY_WEBHOOK_SECRET: list.optional(),
  CHERRY_SENDER: z
    .string()
    .regex(/^\+[1-9][0-9]{6,14}$/, 'use E.164, like +12125550100')
    .optional(),
  BOOTSTRAP_TENANT_ID: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/, 'use 1 to 63 of a-z, 0-9 and -')
    .optional(),
  BOOTSTRAP_ADMIN_EMAIL: z.email('use an e-mail address').optional(),
  BOOTSTRAP_ADMIN_PASSWORD: z.string().min(12, 'use 12 characters or more').optional(),
  BOOTSTRAP_API_KEY: z.string().min(32, 'use 32 characters or more').optional(),
});

const schema = variables.check((context) => {
  const values = context.value;
  const complain = (name: string, message: string) =>
    context.issues.push({ code: 'custom', path: [name], message, input: values });
  checkStorage(values, complain);
  checkOidc(values, complain);
  if (values.MOCK_MODE) return;
  for (const name of ['SIGN_PROVIDER', 'SMS_PROVIDER'] as const) {
    if (values[name] === undefined) complain(name, 'with MOCK_MODE=false it has no default; say which one');
  }
  for (const name of secrets) {
    if ([values[name]].flat().includes('changeme')) complain(name, 'it is still "changeme"; set a secret of your own');
  }
});

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env) {
  const values = readConfig(schema, env);
  const dropboxsign = values.DROPBOXSIGN_API_KEY === undefined ? undefined : [values.DROPBOXSIGN_API_KEY];
  return {
    appName: values.APP_NAME,
    debug: values.DEBUG,
    host: values.HOST,
    /** 0: any free one. */
    port: values.PORT,
    publicUrl: values.PUBLIC_URL?.replace(/\/+$/, ''),
    dataDir: resolve(values.DATA_DIR),
    logLevel: values.LOG_LEVEL,
    /** Where health and metrics of all parts are shown; null: nowhere. */
    internal: values.METRICS_PORT === undefined ? null : { host: values.METRICS_HOST, port: values.METRICS_PORT },
    tracing: tracingSettings(values),
    trustedProxies: values.TRUSTED_PROXIES,
    allowedHosts: values.ALLOWED_HOSTS,
    hsts: hstsSettings(values),
    corsOrigins: values.CORS_ORIGINS,
    /** Undefined: the embedded PostgreSQL. */
    databaseUrl: values.DATABASE_URL,
    identityKey: values.IDENTITY_KEY,
    jwtPrivateKeys: values.JWT_PRIVATE_KEY,
    secondFactorKeys: values.SECOND_FACTOR_KEY,
    auditKeys: values.AUDIT_KEY,
    fieldKeys: values.FIELD_ENCRYPTION_KEY,
    fieldIndexKeys: values.FIELD_INDEX_KEY,
    jwtIssuer: values.JWT_ISSUER,
    jwtAudience: values.JWT_AUDIENCE,
    sanctionsDir: values.SANCTIONS_DIR,
    clamdUrl: values.CLAMD_URL,
    rateLimits: {
      keyPerSecond: values.RATE_LIMIT_KEY_PER_SECOND,
      addressPerSecond: values.RATE_LIMIT_ADDRESS_PER_SECOND,
      loginPerMinute: values.RATE_LIMIT_LOGIN_PER_MINUTE,
    },
    /** As files below DATA_DIR while there is no server and nothing is real. */
    mail: mailTarget(values, values.MOCK_MODE ? join(resolve(values.DATA_DIR), 'mail') : undefined),
    passwordResetUrl: values.PASSWORD_RESET_URL ?? null,
    oidc: oidcSettings(values),
    mockMode: values.MOCK_MODE,
    /** Where one service keeps its files: in a folder or below a prefix of its own. */
    storageIn: (own: { folder: string; prefix: string }): StorageConfig => storageOf(values, own),
    docusignWebhookSecrets: values.DOCUSIGN_WEBHOOK_SECRET,
    dropboxsignWebhookSecrets: values.DROPBOXSIGN_WEBHOOK_SECRET ?? dropboxsign,
    cherryWebhookSecrets: values.CHERRY_WEBHOOK_SECRET,
    cherrySender: values.CHERRY_SENDER,
    bootstrap: {
      tenantId: values.BOOTSTRAP_TENANT_ID,
      adminEmail: values.BOOTSTRAP_ADMIN_EMAIL,
      adminPassword: values.BOOTSTRAP_ADMIN_PASSWORD,
      apiKey: values.BOOTSTRAP_API_KEY,
    },
  };
}

export type StandaloneConfig = ReturnType<typeof loadConfig>;

function isAddressOrRange(item: string): boolean {
  const [address = '', bits, ...rest] = item.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
