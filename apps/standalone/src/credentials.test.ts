import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './config.ts';
import { openCredentials } from './credentials.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uw-wizard-credentials-'));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (env: Record<string, string> = {}, url = 'http://127.0.0.1:8000') =>
  openCredentials(loadConfig({ ...env, DATA_DIR: folder }), url);
const file = async () => JSON.parse(await readFile(join(folder, 'credentials.json'), 'utf8'));

test('credentials are made once; only the address follows the port', async () => {
  const made = await open();
  expect(await open({}, 'http://127.0.0.1:8010')).toEqual({ ...made, base_url: 'http://127.0.0.1:8010' });
  expect(await file()).toEqual({ ...made, base_url: 'http://127.0.0.1:8010' });
});

test('given credentials are taken, and an API key given later takes the place of the first', async () => {
  const given = await open({
    BOOTSTRAP_TENANT_ID: 'acme',
    BOOTSTRAP_ADMIN_EMAIL: 'a@acme.example',
    DOCUSIGN_WEBHOOK_SECRET: 'one,two',
  });
  expect(given).toMatchObject({ tenant_id: 'acme', email: 'a@acme.example', docusign_webhook_secret: 'one' });
  const later = await open({ BOOTSTRAP_API_KEY: 'k'.repeat(32) });
  expect(later).toEqual({ ...given, docusign_webhook_secret: 'one', api_key: 'k'.repeat(32) });
});

test('an admin who is there keeps the password, whatever is given later', async () => {
  const { password } = await open({ BOOTSTRAP_ADMIN_PASSWORD: 'the first password' });
  expect(password).toBe('the first password');
  expect((await open({ BOOTSTRAP_ADMIN_PASSWORD: 'another password' })).password).toBe('the first password');
});

test('a file that cannot be read is left alone, with a sentence', async () => {
  await writeFile(join(folder, 'credentials.json'), '{"api_key": "half');
  await expect(open()).rejects.toThrow(/cannot be read as the credentials/);
  expect(await readFile(join(folder, 'credentials.json'), 'utf8')).toBe('{"api_key": "half');
});
