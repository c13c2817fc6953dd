import { join } from 'node:path';
import { type Env, flag, list, readConfig } from '@uw-wizard/shared/platform/config';
import type { FieldKeys } from '@uw-wizard/shared/platform/field-encryption';
import { checkStorage, type StorageConfig, storageOf, storageVariables } from '@uw-wizard/shared/platform/open-storage';
import {
  fieldVariables,
  type LoadedService,
  processSettings,
  serviceSettings,
  serviceVariables,
  tenantId,
} from '@uw-wizard/shared/platform/service-config';
import { z } from 'zod';

/** What signing-svc has to be told. */
export type SigningConfig = {
  readonly databaseUrl: string;
  readonly databaseWorkerUrl: string;
  /** Of calls and events, at a time; as many as `openDatabase` says when absent. */
  readonly databaseConnections?: number | undefined;
  readonly publicUrl: string;
  /** Ed25519 public keys of the gateway, SPKI PEM. */
  readonly identityPublicKeys: readonly string[];
  /** With what tax numbers are encrypted where they rest. */
  readonly fieldKeys: FieldKeys;
  /** Where agreements and signed documents are kept: a place of this service's own, because it sweeps it. */
  readonly storage: StorageConfig;
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

/** The variables of signing-svc. */
export const variables = z
  .object({
    ...serviceVariables(8004),
    ...fieldVariables,
    APP_NAME: z.string().min(1).max(40).default('UW Wizard').describe('who buys the receipts'),
    DATA_DIR: z
      .string()
      .default('./data')
      .describe('agreements and signed documents, and files while they are written'),
    ...storageVariables,
    MOCK_MODE: flag.describe('true: STORAGE=local and SIGN_PROVIDER=mock unless given'),
    SIGN_PROVIDER: z.literal('mock', { error: 'use mock' }).optional().describe('who collects signatures'),
    SIGN_WEBHOOK_URL: z
      .url({ protocol: /^https?$/, error: 'use the URL of /api/sign/webhook, https://…' })
      .optional()
      .describe('where the signature provider calls; PUBLIC_URL/api/sign/webhook'),
    DOCUSIGN_WEBHOOK_SECRET: list.default([]).describe('Connect HMAC keys, comma-separated while rotated'),
    DROPBOXSIGN_API_KEY: list.default([]).describe("signs Dropbox Sign's webhooks unless the next one is given"),
    DROPBOXSIGN_WEBHOOK_SECRET: list.optional().describe('keys, comma-separated while rotated; DROPBOXSIGN_API_KEY'),
    BOOTSTRAP_TENANT_ID: tenantId.default('demo').describe('whose admins hear of webhooks that belong to no tenant'),
  })
  .superRefine((values, context) => {
    const complain = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    checkStorage(values, complain);
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
export function loadConfig(env: Env): LoadedService<SigningConfig> {
  const values = readConfig(variables, env);
  const common = serviceSettings(values);
  const config: SigningConfig = {
    ...common,
    fieldKeys: values.FIELD_ENCRYPTION_KEY,
    storage: storageOf(values, { folder: join(values.DATA_DIR, 'agreements'), prefix: 'agreements/' }),
    spoolDir: join(values.DATA_DIR, 'spool', 'signing-svc'),
    buyerName: values.APP_NAME,
    signProvider: values.SIGN_PROVIDER ?? 'mock',
    webhookUrl: values.SIGN_WEBHOOK_URL ?? `${common.publicUrl}/api/sign/webhook`,
    docusignWebhookSecrets: values.DOCUSIGN_WEBHOOK_SECRET,
    dropboxsignWebhookSecrets: values.DROPBOXSIGN_WEBHOOK_SECRET ?? values.DROPBOXSIGN_API_KEY,
    bootstrapTenantId: values.BOOTSTRAP_TENANT_ID,
  };
  return {
    ...processSettings(values),
    config,
    migrationUrl: values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL,
  };
}
