import { DomainError } from '@uw-wizard/shared/errors';
import type { Handlers } from '@uw-wizard/shared/platform/http-app';
import { parseBody, uuid } from '@uw-wizard/shared/platform/parse';
import { z } from 'zod';
import { SESSION_NOT_FOUND } from '../domain/errors.ts';
import type { SessionSeen } from '../domain/session.ts';
import { type ChangePasswordDeps, changePassword } from '../usecases/change-password.ts';
import type { InTenant } from '../usecases/ports.ts';
import { actorOf, userOf } from './actor.ts';

export type OwnAccountRoutesDeps = ChangePasswordDeps & {
  store: {
    inTenant: InTenant;
  };
};

const passwordBody = z.strictObject({
  current_password: z.string().min(1).max(256),
  new_password: z.string().min(1).max(256),
});

/** What users see to themselves: their password, and where they are logged in. */
export function ownAccountRoutes(deps: OwnAccountRoutesDeps): Handlers {
  return {
    'POST /api/auth/password': async (req, res) => {
      const { tenant, sub, session } = userOf(req);
      const body = parseBody(passwordBody, req);
      await changePassword(deps, {
        tenantId: tenant,
        userId: sub,
        sessionId: session,
        actor: actorOf(req),
        currentPassword: body.current_password,
        newPassword: body.new_password,
      });
      res.status(204).end();
    },
    'GET /api/auth/sessions': async (req, res) => {
      const { tenant, sub, session } = userOf(req);
      const listed = await deps.store.inTenant(tenant, actorOf(req), ({ sessions }) => sessions.listOf(sub));
      res.json({ data: listed.map((each) => showSession(each, session)) });
    },
    'DELETE /api/auth/sessions/:id': async (req, res) => {
      const { tenant, sub } = userOf(req);
      const id = uuid().safeParse(req.params.id);
      const ended =
        id.success &&
        (await deps.store.inTenant(tenant, actorOf(req), ({ sessions }) =>
          sessions.end(id.data, sub, 'ended-by-owner'),
        ));
      if (!ended) throw new DomainError(SESSION_NOT_FOUND, 'You have no such session.');
      res.status(204).end();
    },
  };
}

function showSession(session: SessionSeen, current: string | undefined): object {
  return {
    session_id: session.id,
    created_at: session.createdAt.toISOString(),
    refreshed_at: session.refreshedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    address: session.address,
    user_agent: session.userAgent,
    is_current: session.id === current,
  };
}
