import { type Handlers, identityOf } from '@uw-wizard/shared/platform/http-app';
import { parseQuery } from '@uw-wizard/shared/platform/parse';
import { z } from 'zod';
import { beginOidcLogin } from '../usecases/begin-oidc-login.ts';
import { type FinishOidcLoginDeps, finishOidcLogin } from '../usecases/finish-oidc-login.ts';
import { showSession } from './show-session.ts';

/** A path of ours and nothing that a browser could take for an address: `//host`, `/\host`, or either behind a control character. */
const ownPath = z
  .string()
  .max(1_000)
  .regex(/^\/([\w\-.~!$&'()*+,;=:@%?#][\w\-.~!$&'()*+,;=:@%/?#]*)?$/, 'Send a path of this host, like /deals.');

const loginQuery = z.looseObject({ return_to: ownPath.default('/') });

/**
 * Logging in at a provider of OpenID Connect. The browser is sent by `Location`; what it keeps meanwhile, and the session's
 * tokens in the end, are in the body, from which the gateway puts them into cookies.
 */
export function oidcRoutes(deps: FinishOidcLoginDeps): Handlers {
  return {
    'GET /api/auth/oidc/login': async (req, res) => {
      const { return_to: returnTo } = deps.oidc === null ? { return_to: '/' } : parseQuery(loginQuery, req);
      const { location, loginState } = await beginOidcLogin(deps, { returnTo });
      res.status(302).set({ Location: location, 'Cache-Control': 'no-store' }).json({ login_state: loginState });
    },
    'GET /api/auth/oidc/callback': async (req, res) => {
      const { loggedIn, returnTo } = await finishOidcLogin(deps, {
        query: req.url.split('?')[1] ?? '',
        loginState: req.get('x-uw-login-state'),
        address: identityOf(req).addr,
        userAgent: req.get('user-agent'),
      });
      res.status(303).set({ Location: returnTo, 'Cache-Control': 'no-store' }).json(showSession(loggedIn));
    },
  };
}
