import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Client, createClient } from '../flow/client.ts';
import type { HouseOfFile } from './house-of-file.ts';

/** A client with a key of `role` in `tenantId`, entered into auth-svc's books beside it: no call for that exists yet. */
export async function clientOf(
  { house, books }: HouseOfFile,
  { tenantId, role }: { tenantId: string; role: 'admin' | 'reviewer' | 'analyst' },
): Promise<Client> {
  const apiKey = `uw_${randomBytes(32).toString('base64url')}`;
  await books.query('auth', 'INSERT INTO tenants (id, name) VALUES ($1, $1) ON CONFLICT DO NOTHING', [tenantId]);
  await books.query(
    'auth',
    'INSERT INTO api_keys (id, tenant_id, name, role, prefix, key_hash) VALUES ($1, $2, $3, $4, $5, $6)',
    [
      randomUUID(),
      tenantId,
      `${role} for a test`,
      role,
      apiKey.slice(0, 8),
      createHash('sha256').update(apiKey).digest('hex'),
    ],
  );
  return createClient({ baseUrl: house.target.baseUrl, apiKey, tenantId });
}
