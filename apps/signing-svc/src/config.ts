import { join } from 'node:path';
import { type Env, flag, list, port, readConfig } from '@uw-wizard/shared/platform/config';
import { z } from 'zod';

/** What signing-svc has to be told. */
export type SigningConfig = {
  readonly databaseUrl: string;
  readonly publicUrl: string;
  /** Ed25519 public keys of the gateway, SPKI PEM. */
  readonly identityPublicKeys: readonly string[];
  /** Where agreements and signed documents are kept: a folder of this service's own, because it sweeps it. */
  readonly agreementsDir: string;
  /** Where files lie while they are written: on a disk, of this process alone, emptied at start. */
  readonly spoolDir: string;
  /** Who buys the receipts, as the agreement names it. */
  readonly buyerName: string;
  readonly signProvider: 'mock';
  /** Where the provider calls us: the gateway's /api/sign/webhook. */
  readonly webhookUrl: string;
  /** Connect keys; the mock signs with the first. */
  readonly docusignWebhookSecrets: readonly string[];
  readonly dropboxsignWebhookSecrets: readonly string[];
  /** Whose admins hear of webhooks that belong to no tenant. */
  readonly bootstrapTenantId: string;
} & Partial<SigningLimits>;

/** How long things may take. Every one has a default. */
export type SigningLimits = {
  /** How long the provider may take to answer a call. */
  readonly providerTimeoutMs: number;
  /** How long a send waits for another send of the same envelope. */
  readonly waitMs: number;
  /** How often the workers look for due work that nobody woke them for. */
  readonly pollMs: number;
};

export const defaultLimits: SigningLimits = { providerTimeoutMs: 15_000, waitMs: 20_000, pollMs: 500 };

const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'use postgres://user:password@host:port/database',
});

const schema = z
  .object({
    APP_NAME: z.string().default('UW Wizard'),
    DATABASE_URL: postgresUrl,
    DATABASE_MIGRATION_URL: postgresUrl.optional(),
    HOST: z.string().default('127.0.0.1'),
    PORT: port.default(8004),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
    PUBLIC_URL: z.url({ error: 'use a URL' }).default('http://127.0.0.1:8000'),
    IDENTITY_PUBLIC_KEY: z.string().startsWith('-----BEGIN PUBLIC KEY-----', 'use an Ed25519 public key, SPKI PEM'),
    DATA_DIR: z.string().default('./data'),
    STORAGE: z.literal('local', { error: 'use local' }).default('local'),
    MOCK_MODE: flag,
    SIGN_PROVIDER: z.literal('mock', { error: 'use mock' }).optional(),
    SIGN_WEBHOOK_URL: z.url({ error: 'use the URL of /api/sign/webhook' }).optional(),
    DOCUSIGN_WEBHOOK_SECRET: list.default([]),
    DROPBOXSIGN_API_KEY: list.default([]),
    DROPBOXSIGN_WEBHOOK_SECRET: list.optional(),
    BOOTSTRAP_TENANT_ID: z
      .string()
      .regex(/^[a-z0-9-]{1,63}$/, 'use 1 to 63 of a-z, 0-9 and -')
      .default('demo'),
  })
  .superRefine((values, context) => {
    const complain = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    if (!values.MOCK_MODE && values.SIGN_PROVIDER === undefined) {
      complain('SIGN_PROVIDER', 'name the signing provider when MOCK_MODE is false');
    }
    if (values.DOCUSIGN_WEBHOOK_SECRET.length === 0) {
      complain('DOCUSIGN_WEBHOOK_SECRET', 'the mock provider signs its webhooks with it; give one');
    }
    for (const name of ['DOCUSIGN_WEBHOOK_SECRET', 'DROPBOXSIGN_WEBHOOK_SECRET', 'DROPBOXSIGN_API_KEY'] as const) {
      if (!values.MOCK_MODE && values[name]?.includes('changeme')) {
        complain(name, 'replace changeme by a secret of your own');
      }
    }
  });

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env) {
  const values = readConfig(schema, env);
  const config: SigningConfig = {
    databaseUrl: values.DATABASE_URL,
    publicUrl: values.PUBLIC_URL,
    identityPublicKeys: [values.IDENTITY_PUBLIC_KEY],
    agreementsDir: join(values.DATA_DIR, 'agreements'),
    spoolDir: join(values.DATA_DIR, 'spool', 'signing-svc'),
    buyerName: values.APP_NAME,
    signProvider: values.SIGN_PROVIDER ?? 'mock',
    webhookUrl: values.SIGN_WEBHOOK_URL ?? `${values.PUBLIC_URL.replace(/\/$/, '')}/api/sign/webhook`,
    docusignWebhookSecrets: values.DOCUSIGN_WEBHOOK_SECRET,
    dropboxsignWebhookSecrets: values.DROPBOXSIGN_WEBHOOK_SECRET ?? values.DROPBOXSIGN_API_KEY,
    bootstrapTenantId: values.BOOTSTRAP_TENANT_ID,
  };
  return {
    config,
    migrationUrl: values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL,
    logLevel: values.LOG_LEVEL,
    host: values.HOST,
    port: values.PORT,
  };
}
