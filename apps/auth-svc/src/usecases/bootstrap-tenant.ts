import { v7 as uuidv7 } from 'uuid';
import { prefixOf } from '../domain/api-key.ts';
import { hashSecret } from '../domain/secrets.ts';
import type { User } from '../domain/user.ts';
import type { InTenant, Passwords } from './ports.ts';

export type BootstrapTenantDeps = {
  store: {
    findUserByEmail(email: string): Promise<User | null>;
    findApiKey(keyHash: string): Promise<unknown>;
    wasApiKeyRevoked(keyHash: string): Promise<boolean>;
    inTenant: InTenant;
  };
  passwords: Pick<Passwords, 'hash'>;
  clock: () => Date;
};

/** Who is there when nobody is: the first tenant, its admin and an admin's API key. What is not given is not made. */
export type Bootstrap = {
  tenantId: string;
  adminEmail?: string | undefined;
  adminPassword?: string | undefined;
  apiKey?: string | undefined;
};

const actor = { id: 'bootstrap' };
const keyName = 'bootstrap';

/**
 * Makes the first tenant, admin and key where they are missing; safe to run at every start. An admin who is there keeps
 * the password they have. Another key than last time takes the place of the last one; one that was revoked does not come
 * back: it throws a sentence for the operator.
 */
export async function bootstrapTenant(deps: BootstrapTenantDeps, input: Bootstrap): Promise<void> {
  const { tenantId, adminEmail, adminPassword, apiKey } = input;
  const { store } = deps;
  const createdAt = deps.clock();
  await store.inTenant(tenantId, actor, (unit) => unit.ensureTenant());
  if (adminEmail !== undefined && adminPassword !== undefined && (await store.findUserByEmail(adminEmail)) === null) {
    const user: User = {
      id: uuidv7(),
      tenantId,
      email: adminEmail.toLowerCase(),
      name: 'Administrator',
      role: 'admin',
      passwordHash: await deps.passwords.hash(adminPassword),
      mustChangePassword: false,
      disabledAt: null,
      createdAt,
    };
    await store.inTenant(tenantId, actor, ({ users }) => users.add(user));
  }
  if (apiKey !== undefined && (await store.findApiKey(hashSecret(apiKey))) === null) {
    if (await store.wasApiKeyRevoked(hashSecret(apiKey))) {
      throw new Error('BOOTSTRAP_API_KEY is a key that was revoked. Choose a new one of 32 characters or more.');
    }
    const key = {
      id: uuidv7(),
      tenantId,
      name: keyName,
      role: 'admin' as const,
      prefix: prefixOf(apiKey),
      createdAt,
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
    };
    await store.inTenant(tenantId, actor, async ({ apiKeys }) => {
      await apiKeys.revokeNamed(keyName);
      await apiKeys.add(key, hashSecret(apiKey));
    });
  }
}
