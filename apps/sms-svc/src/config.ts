import { type Env, flag, list, readConfig } from '@uw-wizard/shared/platform/config';
import {
  type LoadedService,
  processSettings,
  serviceSettings,
  serviceVariables,
  tenantId,
} from '@uw-wizard/shared/platform/service-config';
import { z } from 'zod';

/** What sms-svc has to be told. */
export type SmsConfig = {
  readonly databaseUrl: string;
  readonly databaseWorkerUrl: string;
  /** Of calls and events, at a time; as many as `openDatabase` says when absent. */
  readonly databaseConnections?: number | undefined;
  readonly publicUrl: string;
  /** Ed25519 public keys of the gateway, SPKI PEM. */
  readonly identityPublicKeys: readonly string[];
  readonly provider: 'mock';
  /** Secrets of the provider's webhook, several while one is rotated. */
  readonly webhookSecrets: readonly string[];
  /** The number texts come from, E.164, or null when the provider picks one. It belongs to the bootstrap tenant. */
  readonly sender: string | null;
  readonly senderName: string;
  readonly bootstrapTenantId: string;
  readonly limits: { tenantPerMinute: number; recipientPerHour: number };
};

/** 47 CFR sets no number; these keep a mistake small. */
export const defaultLimits = { tenantPerMinute: 60, recipientPerHour: 10 } as const;

const atLeastOne = z.coerce.number({ error: 'use a number' }).int().min(1);

/** The variables of sms-svc. */
export const variables = z
  .object({
    ...serviceVariables(8005),
    APP_NAME: z.string().min(1).max(40).default('UW Wizard').describe('who sends texts'),
    MOCK_MODE: flag.describe('true: SMS_PROVIDER=mock unless given'),
    SMS_PROVIDER: z
      .literal('mock', { error: 'this version has the provider mock' })
      .optional()
      .describe('who sends texts for us'),
    CHERRY_WEBHOOK_SECRET: list
      .optional()
      .describe('keys of X-Cherry-Signature, comma-separated; without one only the mock provider is heard'),
    CHERRY_SENDER: z
      .string()
      .regex(/^\+[1-9][0-9]{6,14}$/, 'use E.164, like +12125550100')
      .optional()
      .describe('the number texts come from, like +12125550100; the provider picks one'),
    BOOTSTRAP_TENANT_ID: tenantId.default('demo').describe('to whom CHERRY_SENDER belongs'),
    RATE_LIMIT_SMS_TENANT_PER_MINUTE: atLeastOne
      .default(defaultLimits.tenantPerMinute)
      .describe('texts that a tenant may send in a minute'),
    RATE_LIMIT_SMS_RECIPIENT_PER_HOUR: atLeastOne
      .default(defaultLimits.recipientPerHour)
      .describe('texts that one number may get in an hour'),
  })
  .superRefine((values, context) => {
    const complain = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    if (values.MOCK_MODE) return;
    if (values.SMS_PROVIDER === undefined)
      complain('SMS_PROVIDER', 'name the provider of texts when MOCK_MODE is false');
    if (values.CHERRY_WEBHOOK_SECRET?.includes('changeme')) {
      complain('CHERRY_WEBHOOK_SECRET', 'replace changeme by a secret of your own');
    }
  });

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function loadConfig(env: Env): LoadedService<SmsConfig> {
  const values = readConfig(variables, env);
  const config: SmsConfig = {
    ...serviceSettings(values),
    provider: values.SMS_PROVIDER ?? 'mock',
    webhookSecrets: values.CHERRY_WEBHOOK_SECRET ?? [],
    sender: values.CHERRY_SENDER ?? null,
    senderName: values.APP_NAME,
    bootstrapTenantId: values.BOOTSTRAP_TENANT_ID,
    limits: {
      tenantPerMinute: values.RATE_LIMIT_SMS_TENANT_PER_MINUTE,
      recipientPerHour: values.RATE_LIMIT_SMS_RECIPIENT_PER_HOUR,
    },
  };
  return {
    ...processSettings(values),
    config,
    migrationUrl: values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL,
  };
}
