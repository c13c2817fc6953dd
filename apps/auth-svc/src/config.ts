import { join } from 'node:path';
import { type Env, flag, list, readConfig } from '@uw-wizard/shared/platform/config';
import { checkStorage, type StorageConfig, storageOf, storageVariables } from '@uw-wizard/shared/platform/open-storage';
import {
  type LoadedService,
  privateKeys,
  processSettings,
  sealingKeys,
  serviceSettings,
  serviceVariables,
  tenantId,
} from '@uw-wizard/shared/platform/service-config';
import { z } from 'zod';
import type { MailTarget } from './data/mail.ts';
import type { AuditKeys } from './domain/audit-chain.ts';
import { checkOidc, type OidcConfig, oidcSettings, oidcVariables } from './oidc-config.ts';

export type { AuditKeys } from './domain/audit-chain.ts';
export { checkOidc, oidcSettings, oidcVariables } from './oidc-config.ts';

/** What auth-svc has to be told. */
export type AuthConfig = {
  readonly databaseUrl: string;
  readonly databaseWorkerUrl: string;
  /** Of calls and events, at a time; as many as `openDatabase` says when absent. */
  readonly databaseConnections?: number | undefined;
  readonly publicUrl: string;
  /** Ed25519 public keys of the gateway, SPKI PEM. */
  readonly identityPublicKeys: readonly string[];
  /** Ed25519 private keys that sign access tokens, PKCS #8 PEM, the newest first. */
  readonly jwtPrivateKeys: readonly string[];
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  /** Keys of 32 bytes that encrypt the secrets of second factors, the newest first. */
  readonly secondFactorKeys: readonly Buffer[];
  /** Keys of the audit log's chain, the newest first. */
  readonly auditKeys: AuditKeys;
  /** Where the chain's anchors are kept: a place of this service's own. */
  readonly storage: StorageConfig;
  /** Where files lie while they are written. */
  readonly spoolDir: string;
  /** How users are written to. */
  readonly mail: MailTarget;
  /** The page that takes a token for another password behind `#token=`; null: the mail has the token alone. */
  readonly passwordResetUrl: string | null;
  /** Null: nobody logs in by OpenID Connect. */
  readonly oidc: OidcConfig | null;
  readonly bootstrap: {
    tenantId: string;
    adminEmail?: string | undefined;
    adminPassword?: string | undefined;
    apiKey?: string | undefined;
  };
};

/** How users are written to, for auth-svc and whoever starts it. */
export const mailVariables = {
  SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'use smtp://user:password@host:587 or smtps://user:password@host' })
    .optional()
    .describe('server that sends mail to users, smtp://user:password@host:587 or smtps://…'),
  SMTP_FROM: z.string().max(300).default('UW Wizard <no-reply@localhost>').describe('sender of that mail'),
  PASSWORD_RESET_URL: z
    .url({ protocol: /^https?$/, error: 'use a URL, like https://desk.example.com/password' })
    .optional()
    .describe(
      'page that takes the token of a mail for another password, behind #token=; without it the mail has the token alone',
    ),
} as const;

/** Through the server when there is one, else into the folder when there is one, else nowhere. */
export function mailTarget(
  values: { SMTP_URL?: string | undefined; SMTP_FROM: string },
  folder: string | undefined,
): MailTarget {
  if (values.SMTP_URL !== undefined) return { kind: 'smtp', url: values.SMTP_URL, from: values.SMTP_FROM };
  return folder === undefined ? { kind: 'none' } : { kind: 'file', folder };
}

/** One key signs, and those that signed before are kept to verify. */
export const auditKey = list.transform((keys, context): AuditKeys => {
  const [newest, ...older] = keys;
  if (newest !== undefined && keys.every((key) => key.length >= 32)) return [newest, ...older];
  context.addIssue({ code: 'custom', message: 'use 32 characters or more for each key' });
  return z.NEVER;
});

/** The variables of auth-svc. */
export const variables = z
  .object({
    ...serviceVariables(8001),
    DATA_DIR: z.string().default('./data').describe('anchors of the audit log, and files while they are written'),
    MOCK_MODE: flag.optional().describe('true: STORAGE=local unless given'),
    ...storageVariables,
    JWT_PRIVATE_KEY: privateKeys.describe(
      'Ed25519 private key that signs access tokens, PKCS #8 PEM; several while it is changed, the new one first',
    ),
    JWT_ISSUER: z.string().default('uw-wizard').describe('"iss" of access tokens'),
    JWT_AUDIENCE: z.string().default('uw-wizard-api').describe('"aud" of access tokens'),
    SECOND_FACTOR_KEY: sealingKeys.describe(
      'encrypts the secrets of second factors: 32 random bytes in base64; several with commas while it is changed, the new one first',
    ),
    AUDIT_KEY: auditKey.describe(
      "keys of the audit log's chain, 32 characters or more; the newest first, comma-separated",
    ),
    ...mailVariables,
    MAIL_DIR: z
      .string()
      .optional()
      .describe('folder in which mails are put as files, without SMTP_URL; without either none is sent'),
    ...oidcVariables,
    BOOTSTRAP_TENANT_ID: tenantId.default('demo').describe('the first tenant; a-z, 0-9 and -'),
    BOOTSTRAP_ADMIN_EMAIL: z.email('use an e-mail address').optional().describe("the first admin's e-mail address"),
    BOOTSTRAP_ADMIN_PASSWORD: z
      .string()
      .min(12, 'use 12 characters or more')
      .optional()
      .describe('12 characters or more; counts only until the admin is made'),
    BOOTSTRAP_API_KEY: z
      .string()
      .min(32, 'use 32 characters or more')
      .optional()
      .describe("an admin's key, 32 characters or more; another one than last time takes its place"),
  })
  .superRefine((values, context) => {
    const complain = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    checkStorage(values, complain);
    checkOidc(values, complain);
  });

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env): LoadedService<AuthConfig> {
  const values = readConfig(variables, env);
  const config: AuthConfig = {
    ...serviceSettings(values),
    jwtPrivateKeys: values.JWT_PRIVATE_KEY,
    jwtIssuer: values.JWT_ISSUER,
    jwtAudience: values.JWT_AUDIENCE,
    secondFactorKeys: values.SECOND_FACTOR_KEY,
    auditKeys: values.AUDIT_KEY,
    storage: storageOf(values, { folder: join(values.DATA_DIR, 'audit'), prefix: 'audit/' }),
    spoolDir: join(values.DATA_DIR, 'spool', 'auth-svc'),
    mail: mailTarget(values, values.MAIL_DIR),
    passwordResetUrl: values.PASSWORD_RESET_URL ?? null,
    oidc: oidcSettings(values),
    bootstrap: {
      tenantId: values.BOOTSTRAP_TENANT_ID,
      adminEmail: values.BOOTSTRAP_ADMIN_EMAIL,
      adminPassword: values.BOOTSTRAP_ADMIN_PASSWORD,
      apiKey: values.BOOTSTRAP_API_KEY,
    },
  };
  return {
    ...processSettings(values),
    config,
    migrationUrl: values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL,
  };
}
