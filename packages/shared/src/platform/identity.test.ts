import { generateKeyPairSync } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import { expect, test, vi } from 'vitest';
import { createIdentitySigner, createIdentityVerifier, type Identity } from './identity.ts';

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
const gateway = keyPair();
const stranger = keyPair();
const identity: Identity = { kind: 'user', tenant: 't1', sub: 'u1', role: 'analyst', rid: 'r1', key: 'k', fp: 'f' };

const verify = createIdentityVerifier([gateway.publicPem], 'deals-svc');
const sign = createIdentitySigner(gateway.privatePem);

test('a service knows who is calling from what the gateway signed for it', async () => {
  expect(verify(sign('deals-svc', identity))).toEqual(identity);
});

test('an identity for another service lets nobody in', async () => {
  expect(verify(sign('sms-svc', identity))).toBeNull();
});

test('an identity signed by anybody else lets nobody in', async () => {
  const forge = createIdentitySigner(stranger.privatePem);
  expect(verify(forge('deals-svc', identity))).toBeNull();
});

test('an identity is good for 30 seconds', async () => {
  const token = sign('deals-svc', identity);
  vi.useFakeTimers({ now: Date.now() + 29_000, toFake: ['Date'] });
  expect(verify(token)).not.toBeNull();
  vi.setSystemTime(Date.now() + 2_000);
  expect(verify(token)).toBeNull();
  vi.useRealTimers();
});

test('what the gateway signs in any other form lets nobody in', async () => {
  const key = await importPKCS8(gateway.privatePem, 'EdDSA');
  const token = (claims: object = {}, header: object = {}) =>
    new SignJWT({ ...identity, iss: 'uw-wizard-gateway', aud: 'deals-svc', ...claims })
      .setProtectedHeader({ alg: 'EdDSA', ...header })
      .setIssuedAt()
      .sign(key);
  const exp = Math.floor(Date.now() / 1_000) + 30;
  expect(verify(await token({ exp }))).toEqual(identity);
  expect(verify(await token())).toBeNull();
  expect(verify(await token({ exp: String(exp) }))).toBeNull();
  expect(verify(await token({ exp, iss: 'auth-svc' }))).toBeNull();
  expect(verify(await token({ exp, aud: ['deals-svc'] }))).toBeNull();
  expect(verify(await token({ exp, kind: 'owner' }))).toBeNull();
  expect(verify(await token({ exp }, { kid: 'k1' }))).toBeNull();
  expect(verify(await token({ exp }, { typ: 'JWT' }))).toBeNull();
});

test('an unsigned identity, and one signed with the public key as a shared secret, let nobody in', async () => {
  const [, payload] = sign('deals-svc', identity).split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  expect(verify(`${header}.${payload}.`)).toBeNull();
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString());
  const hmac = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(gateway.publicPem));
  expect(verify(hmac)).toBeNull();
});

test('a changed identity lets nobody in', async () => {
  const [header, payload, signature] = sign('deals-svc', identity).split('.');
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString());
  const changed = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url');
  expect(verify(`${header}.${changed}.${signature}`)).toBeNull();
  expect(verify('')).toBeNull();
  expect(verify('not.a.token')).toBeNull();
  expect(verify(`${header}.${payload}.${signature}.`)).toBeNull();
  expect(verify(`${header}.${payload}.${signature?.slice(0, -2)}`)).toBeNull();
});

test('while the key is changed, identities signed with either key are good', async () => {
  const both = createIdentityVerifier([stranger.publicPem, gateway.publicPem], 'deals-svc');
  const next = createIdentitySigner(stranger.privatePem);
  expect(both(sign('deals-svc', identity))).toEqual(identity);
  expect(both(next('deals-svc', identity))).toEqual(identity);
});
