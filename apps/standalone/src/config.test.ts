import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

test('without a variable the house listens on the loopback interface with everything embedded', () => {
  const config = loadConfig({});
  expect(config).toMatchObject({ host: '127.0.0.1', port: 8000, mockMode: true, databaseUrl: undefined });
  expect(config.corsOrigins).toEqual(['http://localhost:5173', 'http://localhost:3000']);
  expect(config.dataDir).toMatch(/\/data$/);
});

test('an SQLite database is refused with the way to bring its data over', () => {
  expect(() => loadConfig({ DATABASE_URL: 'sqlite:///pilot.db' })).toThrow(/import-pilot/);
});

test.each([
  ['SIGN_PROVIDER', 'docusign', 'this version has the signature provider mock'],
  ['SMS_PROVIDER', 'cherry', 'this version has the SMS provider mock'],
  ['NATS_URL', 'nats://localhost', 'this version has memory://local only'],
  ['REDIS_URL', 'redis://localhost', 'this version has memory://local only'],
])('%s=%s is refused with what this version has', (name, value, sentence) => {
  expect(() => loadConfig({ [name]: value })).toThrow(`${name}: ${sentence}`);
});

test('files are kept on disk, each service in a folder of its own, or in a bucket, each below a prefix of its own', () => {
  const own = { folder: '/data/uploads', prefix: 'documents/' };
  expect(loadConfig({}).storageIn(own)).toEqual({ kind: 'local', folder: '/data/uploads' });
  const bucket = loadConfig({ STORAGE: 's3', S3_ENDPOINT: 'http://127.0.0.1:9000', S3_SSE: 'none' }).storageIn(own);
  expect(bucket).toEqual({
    kind: 's3',
    bucket: 'uwizard-private',
    prefix: 'documents/',
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:9000',
    forcePathStyle: true,
    encryption: null,
  });
});

const chosen = { MOCK_MODE: 'false', STORAGE: 'local', SIGN_PROVIDER: 'mock', SMS_PROVIDER: 'mock' };

test('MOCK_MODE=false takes the defaults away, and a part that was chosen is enough', () => {
  expect(() => loadConfig({ MOCK_MODE: 'false' })).toThrow(/STORAGE[\s\S]*SIGN_PROVIDER[\s\S]*SMS_PROVIDER/);
  expect(loadConfig(chosen).mockMode).toBe(false);
});

test('a secret that is still "changeme" is refused outside of mock mode, alone or in a list', () => {
  expect(() => loadConfig({ ...chosen, DOCUSIGN_WEBHOOK_SECRET: 'changeme' })).toThrow(/DOCUSIGN_WEBHOOK_SECRET/);
  expect(() => loadConfig({ ...chosen, DROPBOXSIGN_WEBHOOK_SECRET: 'new,changeme' })).toThrow(/changeme/);
  expect(loadConfig({ DOCUSIGN_WEBHOOK_SECRET: 'changeme' }).docusignWebhookSecrets).toEqual(['changeme']);
});

test("Dropbox Sign's webhook secret is its API key unless another one is given", () => {
  expect(loadConfig({ DROPBOXSIGN_API_KEY: 'key' }).dropboxsignWebhookSecrets).toEqual(['key']);
  expect(
    loadConfig({ DROPBOXSIGN_API_KEY: 'key', DROPBOXSIGN_WEBHOOK_SECRET: 'a, b' }).dropboxsignWebhookSecrets,
  ).toEqual(['a', 'b']);
});

test('proxies are addresses or ranges', () => {
  expect(loadConfig({ TRUSTED_PROXIES: '10.0.0.0/8,::1' }).trustedProxies).toEqual(['10.0.0.0/8', '::1']);
  expect(() => loadConfig({ TRUSTED_PROXIES: '10.0.0.0/33' })).toThrow(/TRUSTED_PROXIES/);
  expect(() => loadConfig({ TRUSTED_PROXIES: 'everybody' })).toThrow(/TRUSTED_PROXIES/);
});
