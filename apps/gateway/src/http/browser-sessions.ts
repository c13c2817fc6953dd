import { createHmac, hash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Route } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { z } from 'zod';
import { looksLikeToken } from '../credentials/resolve-token.ts';
import { CSRF_TOKEN_INVALID } from '../errors.ts';
import type { StoredAnswer } from '../idempotency/store.ts';
import type { Call } from './call.ts';
import type { Body } from './read-body.ts';

/** A call that begins, renews or ends a session, and what becomes of its answer. */
export type Handled = {
  readonly body: Body;
  readonly answer: (answer: StoredAnswer) => StoredAnswer;
  /** What the browser kept while its user logged in elsewhere. */
  readonly loginState?: string | undefined;
};

/** Sessions of browsers: tokens in cookies that no script can read. What is behind the gateway knows nothing of them. */
export type BrowserSessions = {
  /** The `Authorization` that a call's cookie stands for. One that the client sends itself comes before it. */
  authorizationOf(call: Call): string | undefined;
  /** Throws `csrf-token-invalid` unless a call of `session` shows the token that only pages of ours can read. */
  checkCsrf(call: Call, session: string | undefined): void;
  /** How a call about a session is handled when it is a browser's; null: as any other. Throws `csrf-token-invalid`. */
  handle(what: NonNullable<Route['session']>, call: Call, body: Body): Handled | null;
};

/** As long as a session can be renewed. */
const sessionSeconds = 14 * 86_400;
/** As long as somebody may take to log in elsewhere. */
const loginSeconds = 600;

const startedSchema = z.looseObject({ access_token: z.string(), refresh_token: z.string(), expires_in: z.number() });
const leftSchema = z.object({ login_state: z.string() });

/**
 * `secure`: browsers send the cookies over TLS alone, and to this very host (`__Host-`). CSRF tokens are a signed double
 * submit: `random.HMAC(session, random)`, the same in a cookie and in `X-CSRF-Token`, and good for one session only, so that
 * a cookie planted by a neighbouring host is good for nothing. Their key is derived from the gateways' own.
 */
export function createBrowserSessions(options: { secure: boolean; gatewayKey: string }): BrowserSessions {
  const key = Buffer.from(hkdfSync('sha256', options.gatewayKey, '', 'csrf tokens of browsers', 32));
  const prefix = options.secure ? '__Host-' : '';
  const names = { session: `${prefix}uw_session`, refresh: `${prefix}uw_refresh`, csrf: `${prefix}uw_csrf` };
  const loginName = `${prefix}uw_login`;
  const attributes = `; Path=/; SameSite=Lax${options.secure ? '; Secure' : ''}`;
  const put = (name: string, value: string, seconds: number, more = '') =>
    `${name}=${value}; Max-Age=${seconds}${attributes}${more}`;
  const sign = (session: string, random: string) =>
    createHmac('sha256', key).update(`${session} ${random}`).digest('base64url');

  const checkCsrf = (call: Call, session: string | undefined) => {
    const shown = call.csrfHeader ?? '';
    const [random = '', signature = ''] = shown.split('.');
    const isGood =
      session !== undefined &&
      same(shown, cookieOf(call, names.csrf) ?? '') &&
      same(signature, sign(session, random)) &&
      random !== '';
    if (isGood) return;
    throw new DomainError(CSRF_TOKEN_INVALID, 'Send the value of the cookie uw_csrf in the header X-CSRF-Token.');
  };

  /** The tokens of an answer as cookies, and what is left of its body. */
  const cookiesOf = ({ body }: StoredAnswer) => {
    const { access_token, refresh_token, token_type: _, ...rest } = startedSchema.parse(jsonOf(body));
    const random = randomBytes(16).toString('base64url');
    const csrf = `${random}.${sign(sessionOf(refresh_token), random)}`;
    const cookies = [
      put(names.session, access_token, rest.expires_in, '; HttpOnly'),
      put(names.refresh, refresh_token, sessionSeconds, '; HttpOnly'),
      put(names.csrf, csrf, sessionSeconds),
    ];
    return { cookies, rest: { ...rest, csrf_token: csrf } };
  };
  const intoCookies = (call: Call) => (answer: StoredAnswer) => {
    if (answer.status !== 200) return answer;
    const { cookies, rest } = cookiesOf(answer);
    call.setCookies = cookies;
    return { ...answer, body: Buffer.from(JSON.stringify(rest)) };
  };
  /** Whoever leaves to log in elsewhere keeps in a cookie what shows, on return, that it is the same browser. */
  const leaves = (call: Call) => (answer: StoredAnswer) => {
    if (answer.status !== 302) return answer;
    const { login_state } = leftSchema.parse(jsonOf(answer.body));
    call.setCookies = [put(loginName, login_state, loginSeconds, '; HttpOnly')];
    return withoutBody(answer);
  };
  const returns = (call: Call) => (answer: StoredAnswer) => {
    // Where nobody has decided yet, the same page may be asked for again.
    if (answer.status >= 500 || answer.status === 429) return answer;
    const forgotten = put(loginName, '', 0, '; HttpOnly');
    const hasSession = answer.status === 303;
    call.setCookies = [forgotten, ...(hasSession ? cookiesOf(answer).cookies : [])];
    return hasSession ? withoutBody(answer) : answer;
  };
  const outOfCookies = (call: Call) => (answer: StoredAnswer) => {
    const isOver = answer.status === 204 || answer.status === 401;
    if (isOver) call.setCookies = Object.values(names).map((name) => put(name, '', 0, '; HttpOnly'));
    return answer;
  };

  return {
    authorizationOf(call) {
      const token = cookieOf(call, names.session);
      return token !== undefined && looksLikeToken(token) ? `Bearer ${token}` : undefined;
    },
    checkCsrf,
    handle(what, call, body) {
      if (what === 'ends') {
        return call.authorization === undefined ? { body, answer: outOfCookies(call) } : null;
      }
      if (what === 'leaves') return { body, answer: leaves(call) };
      if (what === 'returns') return { body, answer: returns(call), loginState: cookieOf(call, loginName) };
      const said = jsonOf(body.open());
      if (what === 'begins') return said?.mode === 'cookie' ? { body, answer: intoCookies(call) } : null;
      const refreshToken = cookieOf(call, names.refresh);
      const byCookie = call.authorization === undefined && said !== null && said.refresh_token === undefined;
      if (!byCookie || refreshToken === undefined) return null;
      checkCsrf(call, sessionOf(refreshToken));
      const [renewed, refused] = [intoCookies(call), outOfCookies(call)];
      return {
        body: bodyOf(body, { refresh_token: refreshToken }),
        answer: (answer) => (answer.status === 200 ? renewed(answer) : refused(answer)),
      };
    },
  };
}

/** A refresh token is `session.secret`. */
function sessionOf(refreshToken: string): string {
  return refreshToken.split('.')[0] ?? '';
}

function cookieOf({ cookie }: Call, name: string): string | undefined {
  if (cookie === undefined) return undefined;
  for (const pair of cookie.split(';')) {
    const at = pair.indexOf('=');
    if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

function withoutBody({ headers, ...answer }: StoredAnswer): StoredAnswer {
  const { 'content-type': _, ...kept } = headers;
  return { ...answer, headers: kept, body: Buffer.alloc(0) };
}

/** In constant time, whatever their lengths. */
function same(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}

function jsonOf(bytes: unknown): Record<string, unknown> | null {
  if (!Buffer.isBuffer(bytes)) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function bodyOf(body: Body, json: object): Body {
  const bytes = Buffer.from(JSON.stringify(json));
  return { ...body, sizeBytes: bytes.length, open: () => bytes };
}
