import { join } from 'node:path';
import { z } from 'zod';
import type { StandaloneConfig } from './config.ts';
import { newSecret, readIfThere, writeDurably } from './durable-file.ts';

const schema = z.object({
  base_url: z.string(),
  tenant_id: z.string(),
  email: z.string(),
  password: z.string(),
  api_key: z.string(),
  docusign_webhook_secret: z.string(),
  dropboxsign_webhook_secret: z.string(),
});

/** What a person (or `npm run smoke`) needs to use this installation; the content of DATA_DIR/credentials.json. */
export type Credentials = z.infer<typeof schema>;

export function credentialsPath(dataDir: string): string {
  return join(dataDir, 'credentials.json');
}

/**
 * The installation's credentials: given ones first, then those of the last start, then new ones. The file is on the disk
 * before this returns, and so before anybody stores a hash of what is in it: a crash in between locks nobody out. The
 * password of an admin who is there already stays what it was, whatever is given.
 */
export async function openCredentials(config: StandaloneConfig, baseUrl: string): Promise<Credentials> {
  const path = credentialsPath(config.dataDir);
  const text = await readIfThere(path);
  const kept = text === null ? null : parse(path, text);
  const { tenantId, adminEmail, adminPassword, apiKey } = config.bootstrap;
  const email = adminEmail ?? kept?.email ?? 'admin@example.com';
  const credentials: Credentials = {
    base_url: baseUrl,
    tenant_id: tenantId ?? kept?.tenant_id ?? 'demo',
    email,
    password: kept?.email === email ? kept.password : (adminPassword ?? newSecret()),
    api_key: apiKey ?? kept?.api_key ?? `uw_${newSecret()}`,
    docusign_webhook_secret: config.docusignWebhookSecrets?.[0] ?? kept?.docusign_webhook_secret ?? newSecret(),
    dropboxsign_webhook_secret:
      config.dropboxsignWebhookSecrets?.[0] ?? kept?.dropboxsign_webhook_secret ?? newSecret(),
  };
  const next = `${JSON.stringify(credentials, null, 2)}\n`;
  if (next !== text) await writeDurably(path, next);
  return credentials;
}

/** The tenant that the installation was set up with. */
export async function tenantOfHouse(config: StandaloneConfig): Promise<string> {
  const path = credentialsPath(config.dataDir);
  const text = await readIfThere(path);
  return config.bootstrap.tenantId ?? (text === null ? 'demo' : parse(path, text).tenant_id);
}

function parse(path: string, text: string): Credentials {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(
      `${path} cannot be read as the credentials of this installation. Restore it, or move it away: the next start then makes new ones (an admin who is there keeps the old password).`,
      { cause },
    );
  }
}
