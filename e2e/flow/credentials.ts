import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
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

/** Reads the file that the first start of the house wrote; `-` is standard input. Throws a sentence that says what to do. */
export async function readCredentials(path: string): Promise<Credentials> {
  let text: string;
  try {
    text = path === '-' ? await textOf(process.stdin) : await readFile(path, 'utf8');
  } catch {
    throw new Error(`${path} cannot be read. Start the house first (npm start), or name the file with --credentials.`);
  }
  const parsed = schema.safeParse(parseJson(path, text));
  if (!parsed.success) throw new Error(`${path} is not a credentials file: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path === '-' ? 'What came in' : path} is not a credentials file: it is no JSON.`);
  }
}

export function targetOf(credentials: Credentials, baseUrl?: string): Target {
  return { baseUrl: baseUrl ?? credentials.base_url, apiKey: credentials.api_key, tenantId: credentials.tenant_id };
}
