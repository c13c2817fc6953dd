import { generateKeyPairSync } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import { beforeAll, expect, test, vi } from 'vitest';
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

let verify: (token: string) => Promise<Identity | null>;
let sign: Awaited<ReturnType<typeof createIdentitySigner>>;
beforeAll(async () => {
  verify = await createIdentityVerifier([gateway.publicPem], 'deals-svc');
  sign = await createIdentitySigner(gateway.privatePem);
});

test('a service knows who is calling from what the gateway signed for it', async () => {
  expect(await verify(await sign('deals-svc', identity))).toEqual(identity);
});

test('an identity for another service lets nobody in', async () => {
  expect(await verify(await sign('sms-svc', identity))).toBeNull();
});

test('an identity signed by anybody else lets nobody in', async () => {
  const forge = await createIdentitySigner(stranger.privatePem);
  expect(await verify(await forge('deals-svc', identity))).toBeNull();
});

test('an identity is good for 30 seconds', async () => {
  const token = await sign('deals-svc', identity);
  vi.useFakeTimers({ now: Date.now() + 29_000, toFake: ['Date'] });
  expect(await verify(token)).not.toBeNull();
  vi.setSystemTime(Date.now() + 2_000);
  expect(await verify(token)).toBeNull();
  vi.useRealTimers();
});

test('an identity that never ends lets nobody in', async () => {
  const key = await importPKCS8(gateway.privatePem, 'EdDSA');
  const token = await new SignJWT(identity)
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer('uw-wizard-gateway')
    .setAudience('deals-svc')
    .sign(key);
  expect(await verify(token)).toBeNull();
});

test('an unsigned identity, and one signed with the public key as a shared secret, let nobody in', async () => {
  const [, payload] = (await sign('deals-svc', identity)).split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  expect(await verify(`${header}.${payload}.`)).toBeNull();
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString());
  const hmac = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(gateway.publicPem));
  expect(await verify(hmac)).toBeNull();
});

test('a changed identity lets nobody in', async () => {
  const [header, payload, signature] = (await sign('deals-svc', identity)).split('.');
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString());
  const changed = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url');
  expect(await verify(`${header}.${changed}.${signature}`)).toBeNull();
  expect(await verify('')).toBeNull();
  expect(await verify('not.a.token')).toBeNull();
});

test('while the key is changed, identities signed with either key are good', async () => {
  const both = await createIdentityVerifier([stranger.publicPem, gateway.publicPem], 'deals-svc');
  const next = await createIdentitySigner(stranger.privatePem);
  expect(await both(await sign('deals-svc', identity))).toEqual(identity);
  expect(await both(await next('deals-svc', identity))).toEqual(identity);
});
