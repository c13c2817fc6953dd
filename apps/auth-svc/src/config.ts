import { type Env, port, readConfig } from '@uw-wizard/shared/platform/config';
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

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'use postgres://user:password@host:port/database' }),
  DATABASE_MIGRATION_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  NATS_URL: z.string().default('memory://local'),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8001),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  PUBLIC_URL: z.url().default('http://127.0.0.1:8000'),
  IDENTITY_PUBLIC_KEY: z.string().startsWith('-----BEGIN PUBLIC KEY-----', 'use an Ed25519 public key, SPKI PEM'),
  JWT_PRIVATE_KEY: z.string().startsWith('-----BEGIN PRIVATE KEY-----', 'use an Ed25519 private key, PKCS #8 PEM'),
  JWT_ISSUER: z.string().default('uw-wizard'),
  JWT_AUDIENCE: z.string().default('uw-wizard-api'),
  BOOTSTRAP_TENANT_ID: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/, 'use 1 to 63 of a-z, 0-9 and -')
    .default('demo'),
  BOOTSTRAP_ADMIN_EMAIL: z.email().optional(),
  BOOTSTRAP_ADMIN_PASSWORD: z.string().min(12, 'use 12 characters or more').optional(),
  BOOTSTRAP_API_KEY: z.string().min(32, 'use 32 characters or more').optional(),
});

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env) {
  const values = readConfig(schema, env);
  const config: AuthConfig = {
    databaseUrl: values.DATABASE_URL,
    publicUrl: values.PUBLIC_URL,
    identityPublicKeys: [values.IDENTITY_PUBLIC_KEY],
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
    config,
    migrationUrl: values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL,
    natsUrl: values.NATS_URL,
    logLevel: values.LOG_LEVEL,
    host: values.HOST,
    port: values.PORT,
  };
}
