import { join } from 'node:path';
import { type Env, flag, readConfig } from '@uw-wizard/shared/platform/config';
import type { FieldKeys } from '@uw-wizard/shared/platform/field-encryption';
import { checkStorage, type StorageConfig, storageOf, storageVariables } from '@uw-wizard/shared/platform/open-storage';
import {
  fieldVariables,
  type LoadedService,
  processSettings,
  serviceSettings,
  serviceVariables,
} from '@uw-wizard/shared/platform/service-config';
import { z } from 'zod';

/** What documents-svc has to be told. */
export type DocumentsConfig = {
  readonly databaseUrl: string;
  readonly databaseWorkerUrl: string;
  /** Of calls and events, at a time; as many as `openDatabase` says when absent. */
  readonly databaseConnections?: number | undefined;
  readonly publicUrl: string;
  /** Ed25519 public keys of the gateway, SPKI PEM. */
  readonly identityPublicKeys: readonly string[];
  /** With what digits of accounts are encrypted where they rest. */
  readonly fieldKeys: FieldKeys;
  /** Where stored files are kept: a place of this service's own, because it sweeps it. */
  readonly storage: StorageConfig;
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
export const variables = z
  .object({
    ...serviceVariables(8003),
    ...fieldVariables,
    DATA_DIR: z.string().default('./data').describe('files, and uploads while they are checked'),
    MOCK_MODE: flag.optional().describe('true: STORAGE=local unless given'),
    ...storageVariables,
    CLAMD_URL: z
      .string()
      .regex(/^(tcp:\/\/(\[[0-9a-fA-F:]+\]|[^\s/:@]+):\d{1,5}|unix:\/\S+)$/, 'use tcp://host:port or unix:/path')
      .optional()
      .describe('malware scanner (clamd), tcp://host:port or unix:/path; without it nothing is scanned'),
  })
  .superRefine((values, context) =>
    checkStorage(values, (name, message) => context.addIssue({ code: 'custom', path: [name], message })),
  );

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env): LoadedService<DocumentsConfig> {
  const values = readConfig(variables, env);
  const config: DocumentsConfig = {
    ...serviceSettings(values),
    fieldKeys: values.FIELD_ENCRYPTION_KEY,
    storage: storageOf(values, { folder: join(values.DATA_DIR, 'uploads'), prefix: 'documents/' }),
    spoolDir: join(values.DATA_DIR, 'spool', 'documents-svc'),
    clamdUrl: values.CLAMD_URL,
  };
  return {
    ...processSettings(values),
    config,
    migrationUrl: values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL,
  };
}
