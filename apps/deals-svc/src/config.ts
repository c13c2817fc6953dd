import { type Env, flag, readConfig } from '@uw-wizard/shared/platform/config';
import type { FieldKeys } from '@uw-wizard/shared/platform/field-encryption';
import {
  fieldIndexVariables,
  fieldVariables,
  type LoadedService,
  processSettings,
  serviceSettings,
  serviceVariables,
  tenantId,
} from '@uw-wizard/shared/platform/service-config';
import { z } from 'zod';

/** What deals-svc has to be told. */
export type DealsConfig = {
  readonly databaseUrl: string;
  readonly databaseWorkerUrl: string;
  /** Of calls and events, at a time; as many as `openDatabase` says when absent. */
  readonly databaseConnections?: number | undefined;
  /** Where clients reach the house: the base of the problem pages. */
  readonly publicUrl: string;
  /** Ed25519 public keys of the gateway, SPKI PEM. */
  readonly identityPublicKeys: readonly string[];
  /** With what tax numbers and digits of an SSN are encrypted where they rest. */
  readonly fieldKeys: FieldKeys;
  /** By what they are found: 32 bytes each, the newest first. */
  readonly fieldIndexKeys: readonly Buffer[];
  /** Folder with OFAC's `sdn.csv` (and `alt.csv`); `null`: no sanctions check. */
  readonly sanctionsDir: string | null;
  /** With real providers (`false`) nobody is cleared without a look at the sanctions list. */
  readonly mockMode: boolean;
  /** Who hears of messages that do not say whose they are. */
  readonly bootstrapTenantId: string;
};

/** The variables of deals-svc. */
export const variables = z.object({
  ...serviceVariables(8002),
  ...fieldVariables,
  ...fieldIndexVariables,
  SANCTIONS_DIR: z
    .string()
    .optional()
    .describe(`folder with OFAC's sdn.csv and alt.csv; without it the check says "not checked"`),
  MOCK_MODE: flag.describe('false: nobody is cleared without a look at the sanctions list'),
  BOOTSTRAP_TENANT_ID: tenantId.default('demo').describe('whose admins hear of messages that belong to no tenant'),
});

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env): LoadedService<DealsConfig> {
  const values = readConfig(variables, env);
  const config: DealsConfig = {
    ...serviceSettings(values),
    fieldKeys: values.FIELD_ENCRYPTION_KEY,
    fieldIndexKeys: values.FIELD_INDEX_KEY,
    sanctionsDir: values.SANCTIONS_DIR ?? null,
    mockMode: values.MOCK_MODE,
    bootstrapTenantId: values.BOOTSTRAP_TENANT_ID,
  };
  return {
    ...processSettings(values),
    config,
    migrationUrl: values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL,
  };
}
