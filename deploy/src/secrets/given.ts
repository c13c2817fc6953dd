import { type Env, list, readConfig } from '@uw-wizard/shared/platform/config';
import { tenantId } from '@uw-wizard/shared/platform/service-config';
import { z } from 'zod';

/** What whoever starts the stack may choose; everything else is made up once. */
export const givenVariables = z.object({
  SECRETS_DIR: z.string().default('/secrets'),
  PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'use a URL, like http://127.0.0.1:8000' }),
  BOOTSTRAP_TENANT_ID: tenantId.optional(),
  BOOTSTRAP_ADMIN_EMAIL: z.email('use an e-mail address').optional(),
  BOOTSTRAP_ADMIN_PASSWORD: z.string().min(12, 'use 12 characters or more').optional(),
  BOOTSTRAP_API_KEY: z.string().min(32, 'use 32 characters or more').optional(),
  DOCUSIGN_WEBHOOK_SECRET: list.optional(),
  DROPBOXSIGN_API_KEY: z.string().optional(),
  DROPBOXSIGN_WEBHOOK_SECRET: list.optional(),
  CHERRY_WEBHOOK_SECRET: list.optional(),
});

export type Given = z.infer<typeof givenVariables>;

/** Reads and checks the environment; throws one ConfigError that names every bad variable. */
export function readGiven(env: Env): Given {
  return readConfig(givenVariables, env);
}
