import { join } from 'node:path';
import { type Env, port, readConfig } from '@uw-wizard/shared/platform/config';
import { z } from 'zod';

/** What documents-svc has to be told. */
export type DocumentsConfig = {
  readonly databaseUrl: string;
  readonly publicUrl: string;
  /** Ed25519 public keys of the gateway, SPKI PEM. */
  readonly identityPublicKeys: readonly string[];
  /** Where stored files are kept. */
  readonly uploadsDir: string;
  /** Where files lie while they are checked: on a disk, of this process alone, emptied at start. */
  readonly spoolDir: string;
  /** `tcp://host:port` or `unix:/path` of ClamAV's clamd; nothing is scanned without it. */
  readonly clamdUrl?: string | undefined;
} & Partial<DocumentsLimits>;

/** What an upload may take. Every one has a default. */
export type DocumentsLimits = {
  readonly maxFileBytes: number;
  readonly maxPages: number;
  /** How long an upload waits for its statements to be read before it answers `pending`. */
  readonly readTimeoutMs: number;
  /** How long one file may be read in the background before it counts as unreadable. */
  readonly readDeadlineMs: number;
  /** How long the scanner may take for one file. */
  readonly clamdTimeoutMs: number;
  /** Uploads in the spool at the same time; more wait for their turn. */
  readonly maxUploadsAtOnce: number;
  /** How long one waits for its turn. */
  readonly turnTimeoutMs: number;
};

export const defaultLimits: DocumentsLimits = {
  maxFileBytes: 15 * 1024 * 1024,
  maxPages: 60,
  readTimeoutMs: 20_000,
  readDeadlineMs: 90_000,
  clamdTimeoutMs: 15_000,
  maxUploadsAtOnce: 16,
  turnTimeoutMs: 10_000,
};

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'use postgres://user:password@host:port/database' }),
  DATABASE_MIGRATION_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'use postgres://user:password@host:port/database' })
    .optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8003),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  PUBLIC_URL: z.url({ error: 'use a URL' }).default('http://127.0.0.1:8000'),
  IDENTITY_PUBLIC_KEY: z.string().startsWith('-----BEGIN PUBLIC KEY-----', 'use an Ed25519 public key, SPKI PEM'),
  DATA_DIR: z.string().default('./data'),
  STORAGE: z.literal('local', { error: 'use local' }).default('local'),
  CLAMD_URL: z
    .string()
    .regex(/^(tcp:\/\/(\[[0-9a-fA-F:]+\]|[^\s/:@]+):\d{1,5}|unix:\/\S+)$/, 'use tcp://host:port or unix:/path')
    .optional(),
});

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env) {
  const values = readConfig(schema, env);
  const config: DocumentsConfig = {
    databaseUrl: values.DATABASE_URL,
    publicUrl: values.PUBLIC_URL,
    identityPublicKeys: [values.IDENTITY_PUBLIC_KEY],
    uploadsDir: join(values.DATA_DIR, 'uploads'),
    spoolDir: join(values.DATA_DIR, 'spool', 'documents-svc'),
    clamdUrl: values.CLAMD_URL,
  };
  return {
    config,
    migrationUrl: values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL,
    logLevel: values.LOG_LEVEL,
    host: values.HOST,
    port: values.PORT,
  };
}
