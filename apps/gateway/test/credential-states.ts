import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { exportSPKI, importJWK } from 'jose';
import { type House, keys, tenant } from './house.ts';

/**
 * Whom the gateway may take a caller for: somebody with a role, nobody, somebody of a tenant that is not the one named, or
 * somebody who must change the password first.
 */
export type Verdict = 'somebody' | 'nobody' | 'of another tenant' | 'restricted';

/** One state that a credential can be in, for a caller of each role. */
export type CredentialState = {
  readonly name: string;
  readonly verdict: Verdict;
  readonly authorization: string | undefined;
  readonly tenantHeader: string;
};

const base64url = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Every state, for one role. `keys` that are revoked or expired are those of a house of their own. */
export async function statesOf(house: House, role: Role): Promise<CredentialState[]> {
  const { jwt } = house;
  const session = () => {
    const sid = randomUUID();
    house.sessionRoles.set(sid, role);
    return { sid };
  };
  const ended = session();
  const ofDisabled = session();
  house.endedSessions.add(ended.sid);
  house.endedSessions.add(ofDisabled.sid);
  const restricted = session();
  house.restrictedSessions.add(restricted.sid);
  const good = await jwt.sign(session());
  const [head = '', claims = '', signature = ''] = good.split('.');
  const raised = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), role: 'admin', sub: 'root' };
  const state = (
    name: string,
    verdict: Verdict,
    token: string | undefined,
    tenantHeader = tenant,
  ): CredentialState => ({
    name,
    verdict,
    authorization: token === undefined ? undefined : `Bearer ${token}`,
    tenantHeader,
  });
  const nobody = (name: string, token: string | undefined) => state(name, 'nobody', token);
  return [
    state('a good key', 'somebody', keys[role]),
    state('a good token', 'somebody', good),
    state('a good key, for another tenant', 'of another tenant', keys[role], 'other'),
    state('a good token, for another tenant', 'of another tenant', good, 'other'),
    state('a token of a user with a temporary password', 'restricted', await jwt.sign(restricted)),
    nobody('no credential', undefined),
    nobody('a key nobody has', `uwk_${'z'.repeat(40)}`),
    nobody('a key with a letter more', `${keys[role]}a`),
    nobody('something of no form at all', '!'.repeat(40)),
    nobody('an expired token', await jwt.sign(session(), { expires: '-1s' })),
    nobody('a token that never expires', await jwt.sign(session(), { expires: null })),
    nobody('a token of another issuer', await jwt.sign(session(), { issuer: 'somebody-else' })),
    nobody('a token for another audience', await jwt.sign(session(), { audience: 'another-api' })),
    nobody(
      'a token that a stranger signed',
      await jwt.sign(session(), { key: generateKeyPairSync('ed25519').privateKey }),
    ),
    nobody('a token with a raised role', `${head}.${base64url(raised)}.${signature}`),
    nobody('a token without its signature', `${head}.${claims}.`),
    ...['none', 'None', 'NONE'].map((alg) =>
      nobody(`a token with "alg": "${alg}"`, `${base64url({ alg })}.${claims}.`),
    ),
    ...(await publicSecrets(house)).map(([name, secret]) => nobody(name, signedHs256(claims, secret))),
    nobody('a token of a session that was ended', await jwt.sign(ended)),
    nobody('a token of a user who was disabled', await jwt.sign(ofDisabled)),
  ];
}

/** The public key in every form that a careless verifier might take for a shared secret. */
async function publicSecrets({ jwt }: House): Promise<[name: string, secret: string | Buffer][]> {
  const [jwk] = jwt.jwks.keys;
  if (jwk === undefined) throw new Error('the house has no key');
  const key = await importJWK(jwk, 'EdDSA', { extractable: true });
  if (key instanceof Uint8Array) throw new Error('the key of the house is no public key');
  const pem = await exportSPKI(key);
  return [
    ['a token signed with the public key (PEM) as a secret', pem],
    ['a token signed with the public key (bytes) as a secret', Buffer.from(jwk.x ?? '', 'base64url')],
  ];
}

function signedHs256(claims: string, secret: string | Buffer): string {
  const signed = `${base64url({ alg: 'HS256', kid: 'k1' })}.${claims}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
