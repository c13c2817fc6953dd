import { type Handlers, identityOf } from '@uw-wizard/shared/platform/http-app';
import { parseBody } from '@uw-wizard/shared/platform/parse';
import type { Request } from 'express';
import { z } from 'zod';
import type { SecondProof } from '../domain/second-factor.ts';
import { type LogInWithCodeDeps, logInWithCode } from '../usecases/log-in-with-code.ts';
import {
  confirmSecondFactor,
  disableSecondFactor,
  enrolSecondFactor,
  type OwnSecondFactorDeps,
} from '../usecases/own-second-factor.ts';
import { actorOf, userOf } from './actor.ts';
import { showSession } from './show-session.ts';

const password = z.string().min(1).max(256);
const code = z.string().regex(/^[0-9]{6}$/, 'Send the six figures that the app shows.');
const proofShape = { code: code.optional(), recovery_code: z.string().min(1).max(64).optional() };

/** One of the two, whichever the user has at hand. */
function toProof(body: { code?: string | undefined; recovery_code?: string | undefined }, context: z.RefinementCtx) {
  if (body.code !== undefined && body.recovery_code === undefined) return { code: body.code };
  if (body.recovery_code !== undefined && body.code === undefined) return { recoveryCode: body.recovery_code };
  context.addIssue({ code: 'custom', path: ['code'], message: 'Send either code or recovery_code.' });
  return z.NEVER;
}

const enrolBody = z.strictObject({ password });
const confirmBody = z.strictObject({ code });
const disableBody = z.strictObject({ password, ...proofShape }).transform((body, context) => ({
  password: body.password,
  proof: toProof(body, context) satisfies SecondProof,
}));
const loginBody = z
  .object({ mfa_token: z.string().min(1).max(1_000), ...proofShape, mode: z.enum(['token', 'cookie']).optional() })
  .transform((body, context) => ({ mfaToken: body.mfa_token, proof: toProof(body, context) satisfies SecondProof }));

/** A user's authenticator app: taking it into use, showing it at a login, and doing without it again. */
export function secondFactorRoutes(deps: OwnSecondFactorDeps & LogInWithCodeDeps): Handlers {
  return {
    'POST /api/auth/totp': async (req, res) => {
      const own = ownOf(req);
      const { secret, uri } = await enrolSecondFactor(deps, { ...own, ...parseBody(enrolBody, req) });
      res.set('Cache-Control', 'no-store').json({ secret, otpauth_url: uri });
    },
    'POST /api/auth/totp/confirm': async (req, res) => {
      const own = ownOf(req);
      const { recoveryCodes } = await confirmSecondFactor(deps, { ...own, ...parseBody(confirmBody, req) });
      res.set('Cache-Control', 'no-store').json({ recovery_codes: recoveryCodes });
    },
    'POST /api/auth/totp/disable': async (req, res) => {
      const own = ownOf(req);
      await disableSecondFactor(deps, { ...own, ...parseBody(disableBody, req) });
      res.status(204).end();
    },
    'POST /api/auth/totp/login': async (req, res) => {
      const body = parseBody(loginBody, req);
      const from = { address: identityOf(req).addr, userAgent: req.get('user-agent') };
      res.set('Cache-Control', 'no-store').json(showSession(await logInWithCode(deps, { ...body, ...from })));
    },
  };
}

function ownOf(req: Request) {
  const { tenant, sub } = userOf(req);
  return { tenantId: tenant, userId: sub, actor: actorOf(req) };
}
