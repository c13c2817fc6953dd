import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

const good = {
  DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/signing',
  IDENTITY_PUBLIC_KEY:
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----',
  NATS_URL: 'nats://127.0.0.1:4222',
  FIELD_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  MOCK_MODE: 'true',
  DOCUSIGN_WEBHOOK_SECRET: 'one, two',
};

test('keys are lists, and Dropbox Sign verifies with its API key where no other is given', () => {
  const { config } = loadConfig({ ...good, DROPBOXSIGN_API_KEY: 'api', PUBLIC_URL: 'https://desk.test/' });
  expect(config.docusignWebhookSecrets).toEqual(['one', 'two']);
  expect(config.dropboxsignWebhookSecrets).toEqual(['api']);
  expect(config.webhookUrl).toBe('https://desk.test/api/sign/webhook');
});

test('every variable that is wrong is named in one error', () => {
  const env = { ...good, DATABASE_URL: 'mysql://x', MOCK_MODE: 'perhaps', DOCUSIGN_WEBHOOK_SECRET: '', PORT: 'x' };
  expect(() => loadConfig(env)).toThrow(/DATABASE_URL(.|\n)*PORT(.|\n)*MOCK_MODE/);
  const elsewhere = { ...good, SIGN_WEBHOOK_URL: 'file:///etc/passwd' };
  expect(() => loadConfig(elsewhere)).toThrow(/SIGN_WEBHOOK_URL/);
});

test('outside of mock mode a provider must be named and a secret must be a secret', () => {
  const env = { ...good, MOCK_MODE: 'false', DOCUSIGN_WEBHOOK_SECRET: 'changeme' };
  expect(() => loadConfig(env)).toThrow(/SIGN_PROVIDER(.|\n)*DOCUSIGN_WEBHOOK_SECRET/);
});
