import { type Env, flag, port, readConfig } from '@uw-wizard/shared/platform/config';
import { z } from 'zod';

/** What deals-svc has to be told. */
export type DealsConfig = {
  readonly databaseUrl: string;
  /** Where clients reach the house: the base of the problem pages. */
  readonly publicUrl: string;
  /** Ed25519 public keys of the gateway, SPKI PEM. */
  readonly identityPublicKeys: readonly string[];
  /** Folder with OFAC's `sdn.csv` (and `alt.csv`); `null`: no sanctions check. */
  readonly sanctionsDir: string | null;
  /** With real providers (`false`) nobody is cleared without a look at the sanctions list. */
  readonly mockMode: boolean;
  /** Who hears of messages that do not say whose they are. */
  readonly bootstrapTenantId: string;
};

const databaseUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'use postgres://user:password@host:port/database' });

const schema = z.object({
  DATABASE_URL: databaseUrl,
  DATABASE_MIGRATION_URL: databaseUrl.optional(),
  NATS_URL: z.string().default('memory://local'),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8002),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  PUBLIC_URL: z.url().default('http://127.0.0.1:8000'),
  IDENTITY_PUBLIC_KEY: z.string().startsWith('-----BEGIN PUBLIC KEY-----', 'use an Ed25519 public key, SPKI PEM'),
  SANCTIONS_DIR: z.string().optional(),
  MOCK_MODE: flag,
  BOOTSTRAP_TENANT_ID: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/, 'use 1 to 63 of a-z, 0-9 and -')
    .default('demo'),
});

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env) {
  const values = readConfig(schema, env);
  const config: DealsConfig = {
    databaseUrl: values.DATABASE_URL,
    publicUrl: values.PUBLIC_URL,
    identityPublicKeys: [values.IDENTITY_PUBLIC_KEY],
    sanctionsDir: values.SANCTIONS_DIR ?? null,
    mockMode: values.MOCK_MODE,
    bootstrapTenantId: values.BOOTSTRAP_TENANT_ID,
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
