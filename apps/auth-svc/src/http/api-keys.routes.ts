import { roleSchema } from '@uw-wizard/shared/contracts/permissions';
import { DomainError } from '@uw-wizard/shared/errors';
import type { Answer } from '@uw-wizard/shared/platform/command';
import type { Database, SqlTx } from '@uw-wizard/shared/platform/database';
import { type Handlers, runCommand, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { parseBody, parseQuery, uuid } from '@uw-wizard/shared/platform/parse';
import { z } from 'zod';
import type { ApiKey } from '../domain/api-key.ts';
import { API_KEY_NOT_FOUND } from '../domain/errors.ts';
import { type CreateApiKeyDeps, createApiKey, type NewApiKey } from '../usecases/create-api-key.ts';
import type { InTenant } from '../usecases/ports.ts';
import { type RevokeApiKeyDeps, revokeApiKey } from '../usecases/revoke-api-key.ts';
import { actorOf } from './actor.ts';
import { listQuery, showPage } from './page.ts';
import { noControls } from './texts.ts';

export type ApiKeysRoutesDeps = CreateApiKeyDeps &
  RevokeApiKeyDeps & {
    database: Pick<Database<SqlTx>, 'pool'>;
    store: { inTenant: InTenant };
  };

const createBodyAt = (now: Date) =>
  z.strictObject({
    name: noControls.trim().min(1, 'Send a name.').max(200, 'Use 200 characters at most.'),
    role: roleSchema,
    expires_at: z.iso
      .datetime({ offset: true, error: 'Send a time like 2030-01-31T12:00:00Z.' })
      .refine((time) => new Date(time) > now, 'Send a time to come.')
      .nullish(),
  });

/** The API keys of a tenant, for its admins. */
export function apiKeysRoutes(deps: ApiKeysRoutesDeps): Handlers {
  return {
    'GET /api/api-keys': async (req, res) => {
      const { tenant } = tenantIdentityOf(req);
      const query = parseQuery(listQuery, req);
      const found = await deps.store.inTenant(tenant, actorOf(req), ({ apiKeys }) =>
        apiKeys.page(query.limit + 1, query.cursor ?? null),
      );
      res.json(showPage(found, query.limit, showKey));
    },
    'POST /api/api-keys': (req, res) =>
      runCommand(req, res, { database: deps.database, show: showNew }, async (command) => {
        const { expires_at: given, ...key } = parseBody(createBodyAt(deps.clock()), req);
        const expiresAt = given === null || given === undefined ? null : new Date(given);
        return createApiKey(deps, { command, ...key, expiresAt });
      }),
    'DELETE /api/api-keys/:id': (req, res) =>
      runCommand(
        req,
        res,
        { database: deps.database, show: () => ({ status: 204, body: undefined }) },
        async (command) => {
          const id = uuid().safeParse(req.params.id);
          if (!id.success) throw new DomainError(API_KEY_NOT_FOUND, 'There is no such API key: its id is a UUID.');
          return revokeApiKey(deps, { command, apiKeyId: id.data });
        },
      ),
  };
}

function showKey(key: ApiKey) {
  return {
    api_key_id: key.id,
    name: key.name,
    role: key.role,
    prefix: key.prefix,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}

/** The key is told once: a repeat of the call gets the rest. */
function showNew({ record, key }: NewApiKey): Answer {
  const shown = showKey(record);
  return {
    status: 201,
    headers: { 'Cache-Control': 'no-store' },
    body: { ...shown, api_key: key },
    replayBody: { ...shown, api_key: null },
  };
}
