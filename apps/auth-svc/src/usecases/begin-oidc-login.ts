import { DomainError } from '@uw-wizard/shared/errors';
import { z } from 'zod';
import { OIDC_NOT_CONFIGURED } from '../domain/errors.ts';
import type { OidcPolicy, OidcProvider, Seals } from './ports.ts';

export type OidcLoginDeps = {
  /** Null: users do not log in by OpenID Connect here. */
  oidc: { readonly provider: OidcProvider; readonly policy: OidcPolicy } | null;
  seals: Seals;
  clock: () => Date;
};

/** How long somebody may take at the provider. */
export const goodForSeconds = 600;
const purpose = 'oidc login';

const begunSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  until: z.number(),
});

/** A login that was begun, as the browser keeps it, sealed, until it comes back. */
export type BegunLogin = z.infer<typeof begunSchema>;

/** The provider, where there is one. Throws `oidc-not-configured`. */
export function configured({ oidc }: OidcLoginDeps): NonNullable<OidcLoginDeps['oidc']> {
  if (oidc !== null) return oidc;
  throw new DomainError(OIDC_NOT_CONFIGURED, 'Log in with e-mail and password: POST /api/auth/login.');
}

/**
 * Begins a login at the provider, which ends at `returnTo`, a path of ours: where the browser goes, and what it keeps
 * meanwhile, so that nobody can be logged in by a link that somebody else has begun. Throws `oidc-not-configured`,
 * `oidc-provider-unavailable`, `oidc-provider-failed`.
 */
export async function beginOidcLogin(
  deps: OidcLoginDeps,
  { returnTo }: { returnTo: string },
): Promise<{ location: string; loginState: string }> {
  const { location, secrets } = await configured(deps).provider.begin();
  const until = deps.clock().getTime() + goodForSeconds * 1_000;
  const begun: BegunLogin = { ...secrets, returnTo, until };
  return { location, loginState: deps.seals.seal(JSON.stringify(begun), purpose) };
}

/** The login that was begun in this browser; null when there is none, or when it was too long ago. */
export function openLoginState({ seals, clock }: OidcLoginDeps, loginState: string | undefined): BegunLogin | null {
  const text = loginState === undefined ? null : seals.open(loginState, purpose);
  if (text === null) return null;
  const begun = begunSchema.parse(JSON.parse(text));
  return begun.until > clock().getTime() ? begun : null;
}
