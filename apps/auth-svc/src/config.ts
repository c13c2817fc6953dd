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
  readonly bootstrap: {
    tenantId: string;
    adminEmail?: string | undefined;
    adminPassword?: string | undefined;
    apiKey?: string | undefined;
  };
};

/** The variables of auth-svc. */
export const variables = z.object({
  ...serviceVariables(8001),
  JWT_PRIVATE_KEY: privateKey.describe('Ed25519 private key that signs access tokens, PKCS #8 PEM'),
  JWT_ISSUER: z.string().default('uw-wizard').describe('"iss" of access tokens'),
  JWT_AUDIENCE: z.string().default('uw-wizard-api').describe('"aud" of access tokens'),
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
