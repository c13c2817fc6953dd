import { describe, expect, test } from 'vitest';
import { loadConfig } from './config.ts';

const good = {
  DATABASE_URL: 'postgres://u:p@localhost:5432/deals',
  IDENTITY_PUBLIC_KEY:
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----',
  NATS_URL: 'nats://127.0.0.1:4222',
  MOCK_MODE: 'true',
  FIELD_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  FIELD_INDEX_KEY: Buffer.alloc(32, 2).toString('base64'),
};

describe('the configuration of deals-svc', () => {
  test('what is needed is enough', () => {
    const { config, port, migrationUrl } = loadConfig(good);
    expect(config).toMatchObject({ sanctionsDir: null, mockMode: true, bootstrapTenantId: 'demo' });
    expect([port, migrationUrl]).toEqual([8002, good.DATABASE_URL]);
  });

  test('every bad variable is named at once', () => {
    const bad = { DATABASE_URL: 'sqlite:x', MOCK_MODE: 'maybe', PORT: '99999', BOOTSTRAP_TENANT_ID: 'Not A Slug' };
    for (const name of [...Object.keys(bad), 'IDENTITY_PUBLIC_KEY'])
      expect(() => loadConfig(bad)).toThrow(`- ${name}:`);
  });

  test.each(['FIELD_ENCRYPTION_KEY', 'FIELD_INDEX_KEY'])('without %s, or with a wrong one, nothing starts', (name) => {
    const { [name as keyof typeof good]: _, ...rest } = good;
    expect(() => loadConfig(rest)).toThrow(`- ${name}: is required`);
    expect(() => loadConfig({ ...good, [name]: 'changeme' })).toThrow(`- ${name}: use 32 random bytes in base64`);
  });

  test('whether providers are real has to be said', () => {
    const { MOCK_MODE: _, ...rest } = good;
    expect(() => loadConfig(rest)).toThrow('MOCK_MODE');
  });
});
