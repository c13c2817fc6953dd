import { permissionsOf } from '@uw-wizard/shared/contracts/permissions';
import { DomainError } from '@uw-wizard/shared/errors';
import { type Handlers, identityOf, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { parseBody } from '@uw-wizard/shared/platform/parse';
import { UNAUTHENTICATED } from '@uw-wizard/shared/platform/problem';
import { z } from 'zod';
import type { User } from '../domain/user.ts';
import { type LoggedIn, type LogInDeps, logIn } from '../usecases/log-in.ts';
import type { InTenant } from '../usecases/ports.ts';
import { type RefreshSessionDeps, refreshSession } from '../usecases/refresh-session.ts';
import { actorOf } from './actor.ts';

export type AuthRoutesDeps = LogInDeps &
  RefreshSessionDeps & {
    store: { inTenant: InTenant };
    accessTokens: { jwks: object };
  };

const loginBody = z
  .object({
    email: z.string().max(254).optional(),
    username: z.string().max(254).optional(),
    password: z.string().min(1).max(256),
  })
  .transform((body, context) => {
    const email = (body.email ?? body.username)?.trim();
    if (email === undefined || email === '') {
      context.addIssue({ code: 'custom', path: ['email'], message: 'Send the e-mail address of the account.' });
      return z.NEVER;
    }
    return { email, password: body.password };
  });

const refreshBody = z.object({ refresh_token: z.string().min(1).max(200) });

/** Coming in, staying in and going out; who one is; and the public keys. */
export function authRoutes(deps: AuthRoutesDeps): Handlers {
  return {
    'POST /api/auth/login': async (req, res) => {
      const { email, password } = parseBody(loginBody, req);
      const from = { address: identityOf(req).addr, userAgent: req.get('user-agent') };
      res.set('Cache-Control', 'no-store').json(showSession(await logIn(deps, { email, password, ...from })));
    },
    'POST /api/auth/refresh': async (req, res) => {
      const { refresh_token: refreshToken } = parseBody(refreshBody, req);
      const { addr: address } = identityOf(req);
      res.set('Cache-Control', 'no-store').json(showSession(await refreshSession(deps, { refreshToken, address })));
    },
    'POST /api/auth/logout': async (req, res) => {
      const { tenant, session, sub } = tenantIdentityOf(req);
      if (session !== undefined) {
        await deps.store.inTenant(tenant, actorOf(req), ({ sessions }) => sessions.end(session, sub, 'logout'));
      }
      res.status(204).end();
    },
    'GET /api/auth/me': async (req, res) => {
      const { kind, tenant, sub, role } = tenantIdentityOf(req);
      const user =
        kind === 'user' ? await deps.store.inTenant(tenant, actorOf(req), ({ users }) => users.find(sub)) : null;
      if (kind === 'user' && user === null)
        throw new DomainError(UNAUTHENTICATED, 'The user of this session is gone. Log in again.');
      res.json({
        user_id: sub,
        email: user?.email ?? null,
        name: user?.name ?? 'API key',
        role,
        permissions: permissionsOf[role],
        tenant_id: tenant,
      });
    },
    'GET /.well-known/jwks.json': (_req, res) => {
      res.set('Cache-Control', 'public, max-age=300').json(deps.accessTokens.jwks);
    },
  };
}

function showSession({ accessToken, expiresInSeconds, refreshToken, user }: LoggedIn): object {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    refresh_token: refreshToken,
    user: showOwner(user),
  };
}

function showOwner({ id, email, name, role, tenantId, mustChangePassword }: User): object {
  return {
    user_id: id,
    email,
    name,
    role,
    permissions: permissionsOf[role],
    tenant_id: tenantId,
    must_change_password: mustChangePassword,
  };
}
