import { type Env, readConfig } from '@uw-wizard/shared/platform/config';
import {
  type LoadedService,
  privateKey,
  processSettings,
  serviceSettings,
  serviceVariables,
  tenantId,
} from '@uw-wizard/shared/platform/service-config';
import { z } from 'zod';
import type { MailTarget } from './data/mail.ts';

/** What auth-svc has to be told. */
export type AuthConfig = {
  readonly databaseUrl: string;
  readonly publicUrl: string;
  /** Ed25519 public keys of the gateway, SPKI PEM. */
  readonly identityPublicKeys: readonly string[];
  /** Ed25519 private key that signs access tokens, PKCS #8 PEM. */
  readonly jwtPrivateKey: string;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  /** How users are written to. */
  readonly mail: MailTarget;
  /** The page that takes a token for another password behind `#token=`; null: the mail has the token alone. */
  readonly passwordResetUrl: string | null;
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

/** The variables of auth-svc. */
export const variables = z.object({
  ...serviceVariables(8001),
  JWT_PRIVATE_KEY: privateKey.describe('Ed25519 private key that signs access tokens, PKCS #8 PEM'),
  JWT_ISSUER: z.string().default('uw-wizard').describe('"iss" of access tokens'),
  JWT_AUDIENCE: z.string().default('uw-wizard-api').describe('"aud" of access tokens'),
  ...mailVariables,
  MAIL_DIR: z
    .string()
    .optional()
    .describe('folder in which mails are put as files, without SMTP_URL; without either none is sent'),
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
});

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env): LoadedService<AuthConfig> {
  const values = readConfig(variables, env);
  const config: AuthConfig = {
    ...serviceSettings(values),
    jwtPrivateKey: values.JWT_PRIVATE_KEY,
    jwtIssuer: values.JWT_ISSUER,
    jwtAudience: values.JWT_AUDIENCE,
    mail: mailTarget(values, values.MAIL_DIR),
    passwordResetUrl: values.PASSWORD_RESET_URL ?? null,
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
