import { z } from 'zod';
import type { Given } from './given.ts';
import { newSecret } from './keep.ts';

const schema = z.object({
  base_url: z.string(),
  tenant_id: z.string(),
  email: z.string(),
  password: z.string(),
  api_key: z.string(),
  docusign_webhook_secret: z.string(),
  dropboxsign_webhook_secret: z.string(),
});

/** What a person (or `npm run smoke`) needs to use this installation; the content of credentials.json. */
export type Credentials = z.infer<typeof schema>;

/**
 * The installation's credentials: given ones first, then those of the last start (`text`), then new ones. The password of
 * an admin who is there already stays what it was, whatever is given.
 */
export function nextCredentials(given: Given, text: string | null): Credentials {
  const kept = text === null ? null : schema.parse(JSON.parse(text));
  const email = given.BOOTSTRAP_ADMIN_EMAIL ?? kept?.email ?? 'admin@example.com';
  const dropboxsign = given.DROPBOXSIGN_WEBHOOK_SECRET?.[0] ?? given.DROPBOXSIGN_API_KEY;
  return {
    base_url: given.PUBLIC_URL,
    tenant_id: given.BOOTSTRAP_TENANT_ID ?? kept?.tenant_id ?? 'demo',
    email,
    password: kept?.email === email ? kept.password : (given.BOOTSTRAP_ADMIN_PASSWORD ?? newSecret()),
    api_key: given.BOOTSTRAP_API_KEY ?? kept?.api_key ?? `uw_${newSecret()}`,
    docusign_webhook_secret: given.DOCUSIGN_WEBHOOK_SECRET?.[0] ?? kept?.docusign_webhook_secret ?? newSecret(),
    dropboxsign_webhook_secret: dropboxsign ?? kept?.dropboxsign_webhook_secret ?? newSecret(),
  };
}
