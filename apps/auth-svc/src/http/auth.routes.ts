import { permissionsOf } from '@uw-wizard/shared/contracts/permissions';
import { DomainError } from '@uw-wizard/shared/errors';
import { type Handlers, identityOf, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { parseBody } from '@uw-wizard/shared/platform/parse';
import { UNAUTHENTICATED } from '@uw-wizard/shared/platform/problem';
import { z } from 'zod';
import { type LogInDeps, logIn } from '../usecases/log-in.ts';
import type { InTenant } from '../usecases/ports.ts';
import { type RefreshSessionDeps, refreshSession } from '../usecases/refresh-session.ts';
import { actorOf } from './actor.ts';
import { showSession } from './show-session.ts';

export type AuthRoutesDeps = LogInDeps &
  RefreshSessionDeps & {
    store: { inTenant: InTenant };
    accessTokens: { jwks(): Promise<object> };
  };

const loginBody = z
  .object({
    email: z.string().max(254).optional(),
    username: z.string().max(254).optional(),
    password: z.string().min(1).max(256),
    /** What the gateway makes of the answer. */
    mode: z.enum(['token', 'cookie']).optional(),
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
      const found =
        kind === 'user'
          ? await deps.store.inTenant(tenant, actorOf(req), async ({ users, secondFactors }) => ({
              user: await users.find(sub),
              factor: await secondFactors.find(sub),
            }))
          : null;
      const user = found?.user ?? null;
      if (kind === 'user' && user === null)
        throw new DomainError(UNAUTHENTICATED, 'The user of this session is gone. Log in again.');
      res.json({
        user_id: sub,
        email: user?.email ?? null,
        name: user?.name ?? 'API key',
        role,
        permissions: permissionsOf[role],
        tenant_id: tenant,
        second_factor: found?.factor?.confirmedAt instanceof Date,
      });
    },
    'GET /.well-known/jwks.json': async (_req, res) => {
      res.set('Cache-Control', 'public, max-age=60').json(await deps.accessTokens.jwks());
    },
  };
}
