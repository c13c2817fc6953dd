import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditKeys } from '@uw-wizard/auth-svc/config';
import type { FieldKeys } from '@uw-wizard/shared/platform/field-encryption';
import { fieldVariables, privateKeys, sealingKeys } from '@uw-wizard/shared/platform/service-config';
import type { StandaloneConfig } from './config.ts';
import { newSecret, readOrMake } from './durable-file.ts';

/** What the parts of one installation know of each other and nobody else does. */
export type Secrets = {
  /** Ed25519, PKCS #8 PEM: with it the gateway signs who is calling. */
  identityPrivateKey: string;
  /** SPKI PEM. */
  identityPublicKey: string;
  /** Ed25519, PKCS #8 PEM: with the newest, which is the first, auth-svc signs access tokens. */
  jwtPrivateKeys: readonly string[];
  /** 32 bytes each: with the newest, which is the first, auth-svc encrypts the secrets of second factors. */
  secondFactorKeys: readonly Buffer[];
  /** Of the audit log's chain, the newest first. */
  auditKeys: AuditKeys;
  /** With the first, deals-svc, documents-svc and signing-svc encrypt single values where they rest. */
  fieldKeys: FieldKeys;
  /** 32 bytes each: by the newest, which is the first, deals-svc finds them. */
  fieldIndexKeys: readonly Buffer[];
  /** Of the embedded PostgreSQL's superuser, and of the user that the services are. */
  postgresPassword: string;
  databasePassword: string;
};

/** Reads the secrets below `DATA_DIR/secrets`, making at the first start those that are not given. */
export async function openSecrets(config: StandaloneConfig): Promise<Secrets> {
  const folder = join(config.dataDir, 'secrets');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = (name: string, make: () => string) => readOrMake(join(folder, name), make);
  const identityPrivateKey = config.identityKey ?? (await kept('identity-key.pem', newKey));
  return {
    identityPrivateKey,
    identityPublicKey: createPublicKey(createPrivateKey(identityPrivateKey))
      .export({ type: 'spki', format: 'pem' })
      .toString(),
    jwtPrivateKeys: config.jwtPrivateKeys ?? privateKeys.parse(await kept('jwt-key.pem', newKey)),
    secondFactorKeys: config.secondFactorKeys ?? sealingKeys.parse(await kept('second-factor-key', newSecret)),
    auditKeys: config.auditKeys ?? [await kept('audit-key', newSecret)],
    fieldKeys:
      config.fieldKeys ?? fieldVariables.FIELD_ENCRYPTION_KEY.parse(await kept('field-encryption-key', newSecret)),
    fieldIndexKeys: config.fieldIndexKeys ?? sealingKeys.parse(await kept('field-index-key', newSecret)),
    postgresPassword: await kept('postgres-password', newSecret),
    databasePassword: await kept('database-password', newSecret),
  };
}

function newKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
