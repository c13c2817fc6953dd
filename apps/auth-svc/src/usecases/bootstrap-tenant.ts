import { v7 as uuidv7 } from 'uuid';
import { hashSecret } from '../domain/secrets.ts';
import type { User } from '../domain/session.ts';

export type BootstrapTenantDeps = {
  store: {
    ensureTenant(tenantId: string): Promise<void>;
    findUserByEmail(email: string): Promise<User | null>;
    createUser(user: Omit<User, 'disabledAt'>, now: Date): Promise<void>;
    findApiKey(keyHash: string): Promise<unknown>;
    wasApiKeyRevoked(keyHash: string): Promise<boolean>;
    replaceApiKey(
      key: { tenantId: string; name: string; role: 'admin'; prefix: string; keyHash: string },
      now: Date,
    ): Promise<void>;
  };
  passwords: { hash(password: string): Promise<string> };
  clock: () => Date;
};

/** Who is there when nobody is: the first tenant, its admin and an admin's API key. What is not given is not made. */
export type Bootstrap = {
  tenantId: string;
  adminEmail?: string | undefined;
  adminPassword?: string | undefined;
  apiKey?: string | undefined;
};

/**
 * Makes the first tenant, admin and key where they are missing; safe to run at every start. An admin who is there keeps
 * the password they have. Another key than last time takes the place of the last one; one that was revoked does not come
 * back: it throws a sentence for the operator.
 */
export async function bootstrapTenant(deps: BootstrapTenantDeps, input: Bootstrap): Promise<void> {
  const { tenantId, adminEmail, adminPassword, apiKey } = input;
  const now = deps.clock();
  await deps.store.ensureTenant(tenantId);
  if (
    adminEmail !== undefined &&
    adminPassword !== undefined &&
    (await deps.store.findUserByEmail(adminEmail)) === null
  ) {
    const passwordHash = await deps.passwords.hash(adminPassword);
    await deps.store.createUser(
      { id: uuidv7(), tenantId, email: adminEmail.toLowerCase(), name: 'Administrator', role: 'admin', passwordHash },
      now,
    );
  }
  if (apiKey !== undefined && (await deps.store.findApiKey(hashSecret(apiKey))) === null) {
    if (await deps.store.wasApiKeyRevoked(hashSecret(apiKey))) {
      throw new Error('BOOTSTRAP_API_KEY is a key that was revoked. Choose a new one of 32 characters or more.');
    }
    await deps.store.replaceApiKey(
      { tenantId, name: 'bootstrap', role: 'admin', prefix: apiKey.slice(0, 8), keyHash: hashSecret(apiKey) },
      now,
    );
  }
}
