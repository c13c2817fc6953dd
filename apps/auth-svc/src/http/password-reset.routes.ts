import { type Handlers, identityOf } from '@uw-wizard/shared/platform/http-app';
import { parseBody } from '@uw-wizard/shared/platform/parse';
import { z } from 'zod';
import { type RequestPasswordResetDeps, requestPasswordReset } from '../usecases/request-password-reset.ts';
import { type ResetPasswordDeps, resetPassword } from '../usecases/reset-password.ts';
import { email } from './texts.ts';

const requestBody = z.strictObject({ email });
const resetBody = z.strictObject({ token: z.string().min(1).max(200), new_password: z.string().min(1).max(256) });

/** The way back in for who has lost the password. */
export function passwordResetRoutes(deps: RequestPasswordResetDeps & ResetPasswordDeps): Handlers {
  return {
    'POST /api/auth/password-reset': async (req, res) => {
      const { email } = parseBody(requestBody, req);
      await requestPasswordReset(deps, { email, address: identityOf(req).addr });
      res.status(202).json({ status: 'accepted' });
    },
    'POST /api/auth/password-reset/confirm': async (req, res) => {
      const { token, new_password: newPassword } = parseBody(resetBody, req);
      await resetPassword(deps, { token, newPassword, address: identityOf(req).addr });
      res.status(204).end();
    },
  };
}
