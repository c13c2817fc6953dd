import { isIP } from 'node:net';
import { join } from 'node:path';
import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import { type Env, flag, list, port, readConfig } from '@uw-wizard/shared/platform/config';
import { z } from 'zod';

/** What the gateway has to be told. */
export type GatewayConfig = {
  /** Where clients reach the gateway; problem types are `{publicUrl}/problems/{code}`. */
  readonly publicUrl: string;
  /** Origins whose pages may call with credentials. `*` counts only while `debug`, and without credentials. */
  readonly corsOrigins: readonly string[];
  readonly debug: boolean;
  /** Ed25519 private key that signs identities, PKCS #8 PEM. */
  readonly identityPrivateKey: string;
  /** Where each service's replicas listen: `http://host:port` or `unix:/path/to.sock`. */
  readonly services: Readonly<Record<ServiceName, readonly string[]>>;
  /** A folder of its own on a disk, for uploads while they arrive. Made and emptied at start. */
  readonly spoolDir: string;
  /** Addresses or CIDR ranges of proxies whose `X-Forwarded-For` is believed. Empty: nobody's. */
  readonly trustedProxies: readonly string[];
  /** Host names this gateway answers for. Empty: any. */
  readonly allowedHosts: readonly string[];
  /** Calls let through; 0 switches a limit off. */
  readonly rateLimits: {
    readonly keyPerSecond: number;
    readonly addressPerSecond: number;
    readonly loginPerMinute: number;
  };
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  /** How long a service may take where the route says nothing, in milliseconds. Default 30 000. */
  readonly callTimeoutMs?: number;
};

const replicaUrls = list
  .refine((urls) => urls.length > 0 && urls.every((url) => /^(unix:\/.+|http:\/\/[^/]+\/?)$/.test(url)), {
    error: 'use http://host:port or unix:/path/to.sock, several replicas separated by commas',
  })
  .transform((urls) => [...new Set(urls.map((url) => url.replace(/^(http:.*)\/$/, '$1')))]);

const proxies = list
  .transform((items) => items.filter((item) => item !== 'none'))
  .refine((items) => items.every(isAddressOrRange), {
    error: 'use addresses or CIDR ranges, separated by commas',
  });

const limit = z.coerce.number({ error: 'use a number' }).int().min(0);

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8000),
  PUBLIC_URL: z.url().optional(),
  DEBUG: flag.default(false),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  DATA_DIR: z.string().default('./data'),
  NATS_URL: z.string().default('memory://local'),
  CORS_ORIGINS: list.default(['http://localhost:5173', 'http://localhost:3000']),
  TRUSTED_PROXIES: proxies.default([]),
  ALLOWED_HOSTS: list.default([]),
  IDENTITY_KEY: z
    .string({ error: 'give the Ed25519 private key of the gateway, PKCS #8 PEM' })
    .transform((pem) => pem.replaceAll('\\n', '\n'))
    .pipe(z.string().startsWith('-----BEGIN PRIVATE KEY-----', 'use an Ed25519 private key, PKCS #8 PEM')),
  JWT_ISSUER: z.string().default('uw-wizard'),
  JWT_AUDIENCE: z.string().default('uw-wizard-api'),
  RATE_LIMIT_KEY_PER_SECOND: limit.default(300),
  RATE_LIMIT_ADDRESS_PER_SECOND: limit.default(600),
  RATE_LIMIT_LOGIN_PER_MINUTE: limit.default(5),
  AUTH_SVC_URL: replicaUrls,
  DEALS_SVC_URL: replicaUrls,
  DOCUMENTS_SVC_URL: replicaUrls,
  SIGNING_SVC_URL: replicaUrls,
  SMS_SVC_URL: replicaUrls,
});

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env) {
  const values = readConfig(schema, env);
  const config: GatewayConfig = {
    publicUrl: (values.PUBLIC_URL ?? `http://${values.HOST}:${values.PORT}`).replace(/\/+$/, ''),
    corsOrigins: values.CORS_ORIGINS,
    debug: values.DEBUG,
    identityPrivateKey: values.IDENTITY_KEY,
    services: {
      'auth-svc': values.AUTH_SVC_URL,
      'deals-svc': values.DEALS_SVC_URL,
      'documents-svc': values.DOCUMENTS_SVC_URL,
      'signing-svc': values.SIGNING_SVC_URL,
      'sms-svc': values.SMS_SVC_URL,
    },
    spoolDir: join(values.DATA_DIR, 'spool'),
    trustedProxies: values.TRUSTED_PROXIES,
    allowedHosts: values.ALLOWED_HOSTS,
    rateLimits: {
      keyPerSecond: values.RATE_LIMIT_KEY_PER_SECOND,
      addressPerSecond: values.RATE_LIMIT_ADDRESS_PER_SECOND,
      loginPerMinute: values.RATE_LIMIT_LOGIN_PER_MINUTE,
    },
    jwtIssuer: values.JWT_ISSUER,
    jwtAudience: values.JWT_AUDIENCE,
  };
  return { config, natsUrl: values.NATS_URL, logLevel: values.LOG_LEVEL, host: values.HOST, port: values.PORT };
}

function isAddressOrRange(item: string): boolean {
  const [address = '', bits, ...rest] = item.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
