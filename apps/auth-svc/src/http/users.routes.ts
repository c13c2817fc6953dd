import { roleSchema } from '@uw-wizard/shared/contracts/permissions';
import { DomainError } from '@uw-wizard/shared/errors';
import type { Answer } from '@uw-wizard/shared/platform/command';
import type { Database, SqlTx } from '@uw-wizard/shared/platform/database';
import { type Handlers, runCommand, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { parseBody, parseQuery, uuid } from '@uw-wizard/shared/platform/parse';
import { FORBIDDEN } from '@uw-wizard/shared/platform/problem';
import type { Request } from 'express';
import { z } from 'zod';
import { USER_NOT_FOUND } from '../domain/errors.ts';
import type { User } from '../domain/user.ts';
import { type ChangeUserDeps, changeUser } from '../usecases/change-user.ts';
import { type CreateUserDeps, createUser, type UserWithPassword } from '../usecases/create-user.ts';
import type { InTenant } from '../usecases/ports.ts';
import { actorOf } from './actor.ts';
import { listQuery, showPage } from './page.ts';
import { email, noControls } from './texts.ts';

export type UsersRoutesDeps = CreateUserDeps &
  ChangeUserDeps & {
    database: Pick<Database<SqlTx>, 'pool'>;
    store: { inTenant: InTenant };
  };

const name = noControls.trim().min(1, 'Send a name.').max(200, 'Use 200 characters at most.');

const createBody = z.strictObject({
  email,
  name,
  role: roleSchema,
  password: z.string().max(256).optional(),
  must_change: z.boolean().default(false),
});

const changeBody = z.strictObject({
  name: name.optional(),
  role: roleSchema.optional(),
  disabled: z.boolean().optional(),
  new_temporary_password: z.boolean().default(false),
  reset_second_factor: z.boolean().default(false),
});

/** The users of a tenant, for its admins. */
export function usersRoutes(deps: UsersRoutesDeps): Handlers {
  return {
    'GET /api/users': async (req, res) => {
      const { tenant } = tenantIdentityOf(req);
      const query = parseQuery(listQuery, req);
      const found = await deps.store.inTenant(tenant, actorOf(req), ({ users }) =>
        users.page(query.limit + 1, query.cursor ?? null),
      );
      res.json(showPage(found, query.limit, showUser));
    },
    'GET /api/users/:id': async (req, res) => {
      const { tenant } = tenantIdentityOf(req);
      const id = userIdOf(req);
      res.json(showUser(await deps.store.inTenant(tenant, actorOf(req), ({ users }) => users.get(id))));
    },
    'POST /api/users': (req, res) =>
      runCommand(req, res, { database: deps.database, show: showNew }, async (command) => {
        const { must_change: mustChangePassword, ...user } = parseBody(createBody, req);
        return createUser(deps, { command, user: { ...user, mustChangePassword } });
      }),
    'PATCH /api/users/:id': (req, res) =>
      runCommand(req, res, { database: deps.database, show: showChanged }, async (command) => {
        const userId = userIdOf(req);
        const body = parseBody(changeBody, req);
        const {
          new_temporary_password: newTemporaryPassword,
          reset_second_factor: resetSecondFactor,
          ...change
        } = body;
        if (resetSecondFactor && userId === command.identity.sub)
          throw new DomainError(FORBIDDEN, 'Disable your own second factor with POST /api/auth/totp/disable.');
        return changeUser(deps, { command, userId, change, newTemporaryPassword, resetSecondFactor });
      }),
  };
}

function userIdOf(req: Request): string {
  const id = uuid().safeParse(req.params.id);
  if (id.success) return id.data;
  throw new DomainError(USER_NOT_FOUND, 'There is no such user: a user id is a UUID.');
}

function showUser(user: User) {
  return {
    user_id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    disabled: user.disabledAt !== null,
    disabled_at: user.disabledAt?.toISOString() ?? null,
    must_change_password: user.mustChangePassword,
    created_at: user.createdAt.toISOString(),
  };
}

/** A temporary password is told once: a repeat of the call gets the rest. */
function showChanged({ user, temporaryPassword }: UserWithPassword): Answer {
  if (temporaryPassword === null) return { body: showUser(user) };
  const shown = showUser(user);
  return {
    headers: { 'Cache-Control': 'no-store' },
    body: { ...shown, temporary_password: temporaryPassword },
    replayBody: { ...shown, temporary_password: null },
  };
}

function showNew(made: UserWithPassword): Answer {
  const answer = showChanged(made);
  return { ...answer, status: 201, headers: { ...answer.headers, Location: `/api/users/${made.user.id}` } };
}
