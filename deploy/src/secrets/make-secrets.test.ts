import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readGiven } from './given.ts';
import { makeSecrets } from './make-secrets.ts';

const needed = { PUBLIC_URL: 'http://127.0.0.1:8000' };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uw-wizard-secrets-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Every file below the folder with its text. */
async function make(given: Record<string, string> = {}, where = folder): Promise<Map<string, string>> {
  await makeSecrets(readGiven({ ...needed, ...given, SECRETS_DIR: where }));
  const entries = await readdir(where, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(paths.map(async (path) => [path.slice(where.length + 1), await readFile(path, 'utf8')] as const)),
  );
}

const credentialsIn = (files: Map<string, string>) => JSON.parse(files.get('kept/credentials.json') ?? '');

test('what was made once stays what it is, however often the stack is started', async () => {
  const first = await make();
  expect(await make()).toEqual(first);
});

test('two installations have no secret in common', async () => {
  const [one, other] = [await make({}, join(folder, 'one')), await make({}, join(folder, 'other'))];
  const same = [...one].filter(([name, text]) => other.get(name) === text).map(([name]) => name);
  // No secret is in these: names, a text provider's secret that is not there.
  const names = same.filter((name) => !/\/(tenant-id|admin-email)$/.test(name));
  expect(names.sort()).toEqual(['sms-svc/cherry-webhook-secret']);
});

test('a part is handed no secret of another one', async () => {
  const files = await make();
  const secretsOf = (part: string) =>
    new Set(
      [...files]
        .filter(([name]) => name.startsWith(`${part}/`) && !name.includes('public'))
        .flatMap(([, text]) => text.match(/[\w-]{43}(?![\w-])/g) ?? []),
    );
  const services = ['auth-svc', 'deals-svc', 'documents-svc', 'signing-svc', 'sms-svc'];
  for (const part of ['gateway', ...services]) {
    for (const other of ['gateway', ...services].filter((name) => name !== part)) {
      expect(
        [...secretsOf(part)].filter((secret) => secretsOf(other).has(secret)),
        `${part}, ${other}`,
      ).toEqual([]);
    }
  }
  const holders = (text: string) => [...files].filter(([, content]) => content.includes(text)).map(([name]) => name);
  expect(holders(files.get('gateway/identity-key.pem') ?? '').sort()).toEqual([
    'gateway/identity-key.pem',
    'kept/identity-key.pem',
  ]);
  expect(holders(files.get('auth-svc/jwt-key.pem') ?? '').sort()).toEqual(['auth-svc/jwt-key.pem', 'kept/jwt-key.pem']);
});

test('the file store knows each part that uses it by a secret of its own, and nobody else', async () => {
  const files = await make();
  const { identities } = JSON.parse(files.get('s3/identities.json') ?? '');
  const known = identities.map(
    ({ credentials: [key] }: { credentials: [{ accessKey: string; secretKey: string }] }) => [
      key.accessKey,
      key.secretKey,
    ],
  );
  const users = ['auth-svc', 'documents-svc', 'signing-svc', 'bucket', 'backup'];
  expect(known).toEqual(users.map((user) => [user, files.get(`${user}/s3-secret-key`)]));
  expect(new Set(known.map(([, secret]: [string, string]) => secret)).size).toBe(5);
});

test('secrets are read by their part and nobody changes them', async () => {
  const files = await make();
  for (const name of files.keys()) {
    const mode = (await stat(join(folder, name))).mode & 0o777;
    expect(mode & 0o222, name).toBe(0);
    if (/^(kept|gateway|backup|\w+-svc)\//.test(name)) expect(mode & 0o007, name).toBe(0);
  }
});

test('what is given is used, now and when it is given later', async () => {
  const before = credentialsIn(await make());
  const files = await make({
    BOOTSTRAP_API_KEY: 'an-api-key-of-thirty-two-characters',
    BOOTSTRAP_TENANT_ID: 'acme',
    DOCUSIGN_WEBHOOK_SECRET: 'new,old',
    DROPBOXSIGN_API_KEY: 'dropbox-key',
    CHERRY_WEBHOOK_SECRET: 'cherry',
  });
  expect(credentialsIn(files)).toEqual({
    ...before,
    api_key: 'an-api-key-of-thirty-two-characters',
    tenant_id: 'acme',
    docusign_webhook_secret: 'new',
    dropboxsign_webhook_secret: 'dropbox-key',
  });
  for (const service of ['auth', 'deals', 'signing', 'sms']) expect(files.get(`${service}-svc/tenant-id`)).toBe('acme');
  expect(files.get('auth-svc/api-key')).toBe('an-api-key-of-thirty-two-characters');
  expect(files.get('signing-svc/docusign-webhook-secret')).toBe('new,old');
  expect(files.get('signing-svc/dropboxsign-webhook-secret')).toBe('dropbox-key');
  expect(files.get('sms-svc/cherry-webhook-secret')).toBe('cherry');
});

test('an admin who is there keeps the password that was given first', async () => {
  await make({ BOOTSTRAP_ADMIN_PASSWORD: 'the first password' });
  expect(credentialsIn(await make({ BOOTSTRAP_ADMIN_PASSWORD: 'another password' })).password).toBe(
    'the first password',
  );
  const other = await make({
    BOOTSTRAP_ADMIN_EMAIL: 'other@example.com',
    BOOTSTRAP_ADMIN_PASSWORD: 'another password',
  });
  expect(credentialsIn(other)).toMatchObject({ email: 'other@example.com', password: 'another password' });
});

test('every bad variable is named before anything is made', async () => {
  await expect(make({ BOOTSTRAP_API_KEY: 'short', BOOTSTRAP_TENANT_ID: 'No Slug' })).rejects.toThrow(
    /BOOTSTRAP_TENANT_ID[\s\S]*BOOTSTRAP_API_KEY/,
  );
  expect(await readdir(folder)).toEqual([]);
});
