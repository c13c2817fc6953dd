import { generateKeyPairSync } from 'node:crypto';
import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import { createIdentitySigner, type Identity, identityHeader } from '@uw-wizard/shared/platform/identity';

/** Plays the gateway's part towards a service under test. */
export type TestIdentities = {
  /** For the service's `identityPublicKeys`. */
  readonly publicKeyPem: string;
  readonly privateKeyPem: string;
  /** Request headers that say who is calling `service`; give `key` and `fp` for a call with an Idempotency-Key. */
  header(service: ServiceName, identity: Identity): Promise<Record<string, string>>;
};

/** Makes a key pair of its own, and signs with it what the gateway would sign. */
export async function createTestIdentities(): Promise<TestIdentities> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const sign = createIdentitySigner(privateKeyPem);
  return {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKeyPem,
    header: async (service, identity) => ({ [identityHeader]: sign(service, identity) }),
  };
}
