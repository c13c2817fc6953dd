import { isIP } from 'node:net';
import { join } from 'node:path';
import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import { type Env, flag, list, readConfig } from '@uw-wizard/shared/platform/config';
import {
  type ProcessSettings,
  privateKey,
  processSettings,
  processVariables,
} from '@uw-wizard/shared/platform/service-config';
import { z } from 'zod';
import type { Hsts } from './http/security-headers.ts';
import { parseRedisUrl, type RedisTarget } from './redis/parse-redis-url.ts';

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
  /** Counts while `publicUrl` is https. */
  readonly hsts: Hsts;
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

const redisUrl = z
  .string({ error: 'give the Redis that all gateways share, redis://host:6379' })
  .refine((url) => !url.startsWith('memory:'), {
    error: 'memory://local is for npm start, where one gateway is all there is; give redis://host:6379',
    abort: true,
  })
  .transform((url, context): RedisTarget => {
    const target = parseRedisUrl(url);
    if (typeof target !== 'string') return target;
    context.addIssue({ code: 'custom', message: target });
    return z.NEVER;
  });

/** How browsers are told to come by TLS alone. */
export const hstsVariables = {
  HSTS_MAX_AGE_SECONDS: z.coerce
    .number({ error: 'use a number of seconds' })
    .int('use a number of seconds')
    .min(0)
    .default(31_536_000)
    .describe('how long browsers use TLS alone, while PUBLIC_URL is https; 0: they forget'),
  HSTS_INCLUDE_SUBDOMAINS: flag.default(false).describe("true: also for the hosts below PUBLIC_URL's"),
} as const;

/** The values of `hstsVariables`, named as the code names them. */
export function hstsSettings(values: { HSTS_MAX_AGE_SECONDS: number; HSTS_INCLUDE_SUBDOMAINS: boolean }): Hsts {
  return { maxAgeSeconds: values.HSTS_MAX_AGE_SECONDS, includeSubdomains: values.HSTS_INCLUDE_SUBDOMAINS };
}

const limit = z.coerce.number({ error: 'use a number' }).int().min(0);

/** The variables of the gateway. */
export const variables = z.object({
  ...processVariables(8000),
  REDIS_URL: redisUrl.describe(
    'redis:// or rediss://host:6379, redis+sentinel://host,host/master, redis+cluster://host,host',
  ),
  REDIS_TLS_CA: z
    .string()
    .transform((pem) => pem.replaceAll('\\n', '\n'))
    .optional()
    .describe("PEM of the authority that signed Redis's certificate"),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'use a URL, like https://desk.example.com' })
    .optional()
    .describe('where clients reach the gateway; http://HOST:PORT'),
  DEBUG: flag.default(false).describe('true: CORS_ORIGINS=* counts'),
  DATA_DIR: z.string().default('./data').describe('uploads wait in its folder spool'),
  CORS_ORIGINS: list
    .default(['http://localhost:5173', 'http://localhost:3000'])
    .describe('whose pages may call, separated by commas'),
  TRUSTED_PROXIES: proxies.default([]).describe('proxies whose X-Forwarded-For is believed, addresses or ranges'),
  ALLOWED_HOSTS: list.default([]).describe('host names it answers for; any'),
  ...hstsVariables,
  IDENTITY_KEY: privateKey.describe('Ed25519 private key that signs who is calling, PKCS #8 PEM'),
  JWT_ISSUER: z.string().default('uw-wizard').describe('"iss" of access tokens'),
  JWT_AUDIENCE: z.string().default('uw-wizard-api').describe('"aud" of access tokens'),
  RATE_LIMIT_KEY_PER_SECOND: limit.default(300).describe('calls of one credential; 0: no limit'),
  RATE_LIMIT_ADDRESS_PER_SECOND: limit.default(600).describe('calls of one address; 0: no limit'),
  RATE_LIMIT_LOGIN_PER_MINUTE: limit.default(5).describe('logins to one account; 0: no limit'),
  AUTH_SVC_URL: replicaUrls.describe('where auth-svc is; its replicas, separated by commas'),
  DEALS_SVC_URL: replicaUrls.describe('where deals-svc is'),
  DOCUMENTS_SVC_URL: replicaUrls.describe('where documents-svc is'),
  SIGNING_SVC_URL: replicaUrls.describe('where signing-svc is'),
  SMS_SVC_URL: replicaUrls.describe('where sms-svc is'),
});

/** What the gateway's process is told: how it stands in the world, where Redis is, and what the gateway needs. */
export type LoadedGateway = ProcessSettings & {
  readonly config: GatewayConfig;
  readonly redis: RedisTarget;
  readonly redisTlsCa: string | undefined;
};

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env): LoadedGateway {
  const values = readConfig(variables, env);
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
    hsts: hstsSettings(values),
    rateLimits: {
      keyPerSecond: values.RATE_LIMIT_KEY_PER_SECOND,
      addressPerSecond: values.RATE_LIMIT_ADDRESS_PER_SECOND,
      loginPerMinute: values.RATE_LIMIT_LOGIN_PER_MINUTE,
    },
    jwtIssuer: values.JWT_ISSUER,
    jwtAudience: values.JWT_AUDIENCE,
  };
  return { ...processSettings(values), config, redis: values.REDIS_URL, redisTlsCa: values.REDIS_TLS_CA };
}

function isAddressOrRange(item: string): boolean {
  const [address = '', bits, ...rest] = item.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
