import { type Env, list, port, readConfig } from '@uw-wizard/shared/platform/config';
import { z } from 'zod';

/** What sms-svc has to be told. */
export type SmsConfig = {
  readonly databaseUrl: string;
  readonly publicUrl: string;
  /** Ed25519 public keys of the gateway, SPKI PEM. */
  readonly identityPublicKeys: readonly string[];
  readonly provider: 'mock';
  /** Secrets of the provider's webhook, several while one is rotated. */
  readonly webhookSecrets: readonly string[];
  /** The number texts come from, E.164, or null when the provider picks one. It belongs to the bootstrap tenant. */
  readonly sender: string | null;
  readonly senderName: string;
  readonly bootstrapTenantId: string;
  readonly limits: { tenantPerMinute: number; recipientPerHour: number };
};

/** 47 CFR sets no number; these keep a mistake small. */
export const defaultLimits = { tenantPerMinute: 60, recipientPerHour: 10 } as const;

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'use postgres://user:password@host:port/database' }),
  DATABASE_MIGRATION_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8005),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  PUBLIC_URL: z.url().default('http://127.0.0.1:8000'),
  APP_NAME: z.string().min(1).max(40).default('UW Wizard'),
  IDENTITY_PUBLIC_KEY: z.string().startsWith('-----BEGIN PUBLIC KEY-----', 'use an Ed25519 public key, SPKI PEM'),
  SMS_PROVIDER: z.literal('mock', { error: 'this version has the provider mock' }),
  CHERRY_WEBHOOK_SECRET: list.optional(),
  CHERRY_SENDER: z
    .string()
    .regex(/^\+[1-9][0-9]{6,14}$/, 'use E.164, like +12125550100')
    .optional(),
  BOOTSTRAP_TENANT_ID: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/, 'use 1 to 63 of a-z, 0-9 and -')
    .default('demo'),
});

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env) {
  const values = readConfig(schema, env);
  const config: SmsConfig = {
    databaseUrl: values.DATABASE_URL,
    publicUrl: values.PUBLIC_URL,
    identityPublicKeys: [values.IDENTITY_PUBLIC_KEY],
    provider: values.SMS_PROVIDER,
    webhookSecrets: values.CHERRY_WEBHOOK_SECRET ?? [],
    sender: values.CHERRY_SENDER ?? null,
    senderName: values.APP_NAME,
    bootstrapTenantId: values.BOOTSTRAP_TENANT_ID,
    limits: defaultLimits,
  };
  return {
    config,
    migrationUrl: values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL,
    logLevel: values.LOG_LEVEL,
    host: values.HOST,
    port: values.PORT,
  };
}
