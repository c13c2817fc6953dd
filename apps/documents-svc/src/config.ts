import { join } from 'node:path';
import { type Env, readConfig } from '@uw-wizard/shared/platform/config';
import {
  type LoadedService,
  processSettings,
  serviceSettings,
  serviceVariables,
} from '@uw-wizard/shared/platform/service-config';
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

/** The variables of documents-svc. */
export const variables = z.object({
  ...serviceVariables(8003),
  DATA_DIR: z.string().default('./data').describe('files, and uploads while they are checked'),
  STORAGE: z.literal('local', { error: 'use local' }).default('local').describe('where files are kept'),
  CLAMD_URL: z
    .string()
    .regex(/^(tcp:\/\/(\[[0-9a-fA-F:]+\]|[^\s/:@]+):\d{1,5}|unix:\/\S+)$/, 'use tcp://host:port or unix:/path')
    .optional()
    .describe('malware scanner (clamd), tcp://host:port or unix:/path; without it nothing is scanned'),
});

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env): LoadedService<DocumentsConfig> {
  const values = readConfig(variables, env);
  const config: DocumentsConfig = {
    ...serviceSettings(values),
    uploadsDir: join(values.DATA_DIR, 'uploads'),
    spoolDir: join(values.DATA_DIR, 'spool', 'documents-svc'),
    clamdUrl: values.CLAMD_URL,
  };
  return {
    ...processSettings(values),
    config,
    migrationUrl: values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL,
  };
}
