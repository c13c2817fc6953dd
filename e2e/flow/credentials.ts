import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Target } from './client.ts';

const schema = z.object({
  base_url: z.url(),
  tenant_id: z.string(),
  api_key: z.string(),
  email: z.string(),
  password: z.string(),
  docusign_webhook_secret: z.string(),
  dropboxsign_webhook_secret: z.string(),
});
export type Credentials = z.infer<typeof schema>;

/** Reads the file that the first start of the standalone wrote. Throws a sentence that says what to do. */
export async function readCredentials(path: string): Promise<Credentials> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new Error(`${path} cannot be read. Start the house first (npm start), or name the file with --credentials.`);
  }
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${path} is not a credentials file: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

export function targetOf(credentials: Credentials, baseUrl?: string): Target {
  return { baseUrl: baseUrl ?? credentials.base_url, apiKey: credentials.api_key, tenantId: credentials.tenant_id };
}
