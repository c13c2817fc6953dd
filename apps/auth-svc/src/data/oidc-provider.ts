import { timingSafeEqual } from 'node:crypto';
import { DomainError } from '@uw-wizard/shared/errors';
import * as openid from 'openid-client';
import {
  OIDC_LOGIN_INVALID,
  OIDC_LOGIN_REFUSED,
  OIDC_PROVIDER_FAILED,
  OIDC_PROVIDER_UNAVAILABLE,
} from '../domain/errors.ts';
import type { OidcAccount, OidcClaims } from '../domain/oidc-claims.ts';
import { createOidcFetch, isAway } from './oidc-fetch.ts';

/** The provider, and what it knows us by. */
export type OidcProviderConfig = {
  /** As the provider writes it: https, or http on loopback. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientAuth: 'client_secret_basic' | 'client_secret_post';
  readonly scopes: string;
  /** `host` or `host:port` that are asked besides the issuer's. */
  readonly hosts: readonly string[];
  /** For each question; default 4 s. */
  readonly timeoutMs?: number | undefined;
};

type Secrets = { readonly state: string; readonly nonce: string; readonly codeVerifier: string };

/** How long what the provider says of itself is taken as new, and how soon it is asked again when it did not answer. */
const freshMs = 60 * 60_000;
const againMs = 60_000;

/**
 * Logins by authorization code with PKCE, state and nonce (RFC 9700). An ID token counts with its signature, issuer, audience,
 * time and nonce. `redirectUrl`: where browsers come back; `wanted`: claims that, when an ID token has not all of them,
 * are asked for at the provider (userinfo). What the provider says of itself is read when it is first needed, and
 * kept while the provider is away.
 */
export function createOidcProvider(
  config: OidcProviderConfig,
  { redirectUrl, wanted }: { redirectUrl: string; wanted: readonly string[] },
) {
  const issuer = new URL(config.issuer);
  const hosts = new Set([issuer.host, ...config.hosts]);
  const discover = async () => {
    const clientAuth = config.clientAuth === 'client_secret_post' ? openid.ClientSecretPost : openid.ClientSecretBasic;
    const found = await openid.discovery(
      issuer,
      config.clientId,
      { [openid.clockTolerance]: 30 },
      clientAuth(config.clientSecret),
      {
        [openid.customFetch]: createOidcFetch(hosts),
        timeout: (config.timeoutMs ?? 4_000) / 1_000,
        execute: [
          openid.enableNonRepudiationChecks,
          ...(issuer.protocol === 'http:' ? [openid.allowInsecureRequests] : []),
        ],
      },
    );
    const { issuer: named, authorization_endpoint: door } = found.serverMetadata();
    if (new URL(named).href !== issuer.href) throw new Error(`it names itself ${named}`);
    if (door === undefined || !hosts.has(new URL(door).host))
      throw new Error('its login is at a host of somebody else');
    known = { found, freshUntil: Date.now() + freshMs };
    return found;
  };

  let known: { found: openid.Configuration; freshUntil: number } | null = null;
  let finding: Promise<openid.Configuration> | null = null;
  const find = () => {
    finding ??= discover().finally(() => {
      finding = null;
    });
    return finding;
  };
  const provider = async () => {
    if (known === null) return find();
    if (known.freshUntil <= Date.now()) {
      known.freshUntil = Date.now() + againMs;
      // Whoever waits now gets what was known; when nobody answers, so does the next one.
      find().catch(() => undefined);
    }
    return known.found;
  };

  return {
    /** Where a browser goes to log in, with new secrets. Throws `oidc-provider-unavailable`, `oidc-provider-failed`. */
    async begin(): Promise<{ location: string; secrets: Secrets }> {
      const found = await provider().catch(giveUp);
      const codeVerifier = openid.randomPKCECodeVerifier();
      const secrets = { state: openid.randomState(), nonce: openid.randomNonce(), codeVerifier };
      const location = openid.buildAuthorizationUrl(found, {
        redirect_uri: redirectUrl,
        scope: config.scopes,
        state: secrets.state,
        nonce: secrets.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      });
      return { location: location.href, secrets };
    },

    /**
     * Who has logged in, by the query that the browser came back with. Throws `oidc-login-invalid`, `oidc-login-refused`,
     * `oidc-provider-unavailable`, `oidc-provider-failed`.
     */
    async finish(query: string, secrets: Secrets): Promise<OidcAccount & { claims: OidcClaims }> {
      const found = await provider().catch(giveUp);
      const url = new URL(redirectUrl);
      url.search = query;
      if (!isAnswerTo(url.searchParams, secrets, found.serverMetadata())) throw beginAgain();
      try {
        const tokens = await openid.authorizationCodeGrant(found, url, {
          pkceCodeVerifier: secrets.codeVerifier,
          expectedState: secrets.state,
          expectedNonce: secrets.nonce,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (claims === undefined) throw new Error('there is no ID token');
        const isShort = wanted.some((name) => claims[name] === undefined);
        const asks = isShort && found.serverMetadata().userinfo_endpoint !== undefined;
        const more = asks ? await openid.fetchUserInfo(found, tokens.access_token, claims.sub) : {};
        return { issuer: claims.iss, subject: claims.sub, claims: { ...more, ...claims } };
      } catch (error) {
        return giveUp(error);
      }
    },
  };
}

/** Whether a query answers the login that `secrets` are of (RFC 6749, section 4.1.2; RFC 9207). */
function isAnswerTo(said: URLSearchParams, { state }: Secrets, metadata: openid.ServerMetadata): boolean {
  const names = ['state', 'code', 'error', 'iss'] as const;
  if (names.some((name) => said.getAll(name).length > 1)) return false;
  const [given, expected] = [Buffer.from(said.get('state') ?? ''), Buffer.from(state)];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  if (!said.has('code') && !said.has('error')) return false;
  const iss = said.get('iss');
  return iss === null ? !metadata.authorization_response_iss_parameter_supported : iss === metadata.issuer;
}

function beginAgain(): DomainError {
  return new DomainError(
    OIDC_LOGIN_INVALID,
    'Begin again with GET /api/auth/oidc/login, and log in within ten minutes.',
  );
}

/** What went wrong with the provider, as a client is told it; nothing of what the provider said of anybody is kept. */
function giveUp(error: unknown): never {
  if (isAway(error)) {
    throw new DomainError(OIDC_PROVIDER_UNAVAILABLE, 'Try again in a moment, or log in with e-mail and password.', {
      cause: new Error(summaryOf(error)),
      retryAfterSeconds: 5,
    });
  }
  if (error instanceof openid.AuthorizationResponseError) {
    throw new DomainError(OIDC_LOGIN_REFUSED, 'The provider did not let you in.');
  }
  const isUsed = error instanceof openid.ResponseBodyError && error.error === 'invalid_grant';
  if (isUsed || claimAtFault(error) === 'nonce') throw beginAgain();
  throw new DomainError(OIDC_PROVIDER_FAILED, 'Nobody was logged in. The log of auth-svc says what was wrong.', {
    cause: new Error(summaryOf(error)),
  });
}

/** The claim of an ID token that is not what it has to be. */
function claimAtFault(error: unknown): unknown {
  const inner = error instanceof openid.ClientError && error.cause instanceof Error ? error.cause.cause : null;
  return typeof inner === 'object' && inner !== null && 'claim' in inner ? inner.claim : null;
}

/** An error and what caused it, without the tokens and claims that the library hangs on to them. */
function summaryOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = error instanceof openid.ResponseBodyError ? ` (${error.error.slice(0, 100)})` : '';
  return `${error.message}${said}${error.cause instanceof Error ? `: ${summaryOf(error.cause)}` : ''}`;
}
