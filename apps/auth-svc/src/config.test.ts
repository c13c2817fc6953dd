import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { ConfigError } from '@uw-wizard/shared/platform/config';
import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

const key = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const secret = () => randomBytes(32).toString('base64');
const { publicKey } = generateKeyPairSync('ed25519');
const env = {
  DATABASE_URL: 'postgres://u:p@localhost:5432/auth',
  NATS_URL: 'nats://u:p@localhost:4222',
  IDENTITY_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  JWT_PRIVATE_KEY: key(),
  SECOND_FACTOR_KEY: secret(),
  AUDIT_KEY: secret(),
  MOCK_MODE: 'true',
};

test('the keys of tokens and of second factors may be several while they are changed, in their order', () => {
  const [newKey, oldKey, newSecret, oldSecret] = [key(), key(), secret(), secret()];
  const keys = { JWT_PRIVATE_KEY: `${newKey}${oldKey}`, SECOND_FACTOR_KEY: `${newSecret}, ${oldSecret}` };
  const { config } = loadConfig({ ...env, ...keys });
  expect(config.jwtPrivateKeys.map((pem) => pem.trim())).toEqual([newKey.trim(), oldKey.trim()]);
  expect(config.secondFactorKeys.map((bytes) => bytes.toString('base64'))).toEqual([newSecret, oldSecret]);
  const inOneLine = `${newKey}${oldKey}`.replaceAll('\n', '\\n');
  expect(loadConfig({ ...env, JWT_PRIVATE_KEY: inOneLine }).config.jwtPrivateKeys).toHaveLength(2);
});

test.each([
  ['JWT_PRIVATE_KEY', ''],
  ['JWT_PRIVATE_KEY', 'no key'],
  ['JWT_PRIVATE_KEY', `${key()}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`],
  ['SECOND_FACTOR_KEY', ''],
  ['SECOND_FACTOR_KEY', 'changeme'],
  ['SECOND_FACTOR_KEY', `${secret()},${randomBytes(16).toString('base64')}`],
])('%s as %j is named at the start', (name, value) => {
  expect(() => loadConfig({ ...env, [name]: value })).toThrow(ConfigError);
  expect(() => loadConfig({ ...env, [name]: value })).toThrow(new RegExp(name));
});
