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

const oidc = {
  OIDC_ISSUER: 'https://login.example.com/realm',
  OIDC_CLIENT_ID: 'uw-wizard',
  OIDC_CLIENT_SECRET: 'secret',
  OIDC_ROLES: 'uw-it=admin, CN=desk=analyst',
  OIDC_TENANT_ID: 'demo',
};

test('logins by OpenID Connect are off unless they are set up', () => {
  expect(loadConfig(env).config.oidc).toBe(null);
  expect(loadConfig({ ...env, OIDC_ISSUER: '', OIDC_SCOPES: 'openid', OIDC_CREATE_USERS: 'false' }).config.oidc).toBe(
    null,
  );
});

test('logins by OpenID Connect take roles from a map, and the tenant from the configuration or from a claim', () => {
  const policy = loadConfig({ ...env, ...oidc }).config.oidc?.policy;
  expect([...(policy?.rules.roles ?? [])]).toEqual([
    ['uw-it', 'admin'],
    ['CN=desk', 'analyst'],
  ]);
  expect(policy).toMatchObject({
    createUsers: true,
    linkByEmail: false,
    rules: { roleClaim: 'groups', tenant: { id: 'demo' } },
  });
  const { OIDC_TENANT_ID: _, ...byClaim } = { ...oidc, OIDC_TENANT_CLAIM: 'company' };
  expect(loadConfig({ ...env, ...byClaim }).config.oidc?.policy.rules.tenant).toEqual({ claim: 'company' });
  expect(loadConfig({ ...env, ...oidc, OIDC_ISSUER: 'http://127.0.0.1:9000' }).config.oidc?.issuer).toBe(
    'http://127.0.0.1:9000',
  );
});

test.each(Object.keys(oidc))('logins by OpenID Connect that lack %s are set up by half, and stop the start', (name) => {
  expect(() => loadConfig({ ...env, ...oidc, [name]: '' })).toThrow(new RegExp(`- ${name}: .*(by half|either)`));
});

test.each([
  ['OIDC_ISSUER', 'http://login.example.com'],
  ['OIDC_ISSUER', 'http://localhost.example.com'],
  ['OIDC_ISSUER', 'login.example.com'],
  ['OIDC_ROLES', 'uw-it=root'],
  ['OIDC_ROLES', '=admin'],
  ['OIDC_ROLES', 'admin'],
  ['OIDC_TENANT_CLAIM', 'company'],
  ['OIDC_CLIENT_AUTH', 'none'],
  ['OIDC_SCOPES', 'email profile'],
  ['OIDC_HOSTS', 'https://keys.example.com/'],
])('%s as %j is no set-up of a login by OpenID Connect', (name, value) => {
  expect(() => loadConfig({ ...env, ...oidc, [name]: value })).toThrow(/- OIDC_/);
});
