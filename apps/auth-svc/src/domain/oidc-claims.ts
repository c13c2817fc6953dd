import { type Role, roles } from '@uw-wizard/shared/contracts/permissions';
import { z } from 'zod';

/** What the provider says of somebody, by the names of OpenID Connect Core 1.0, section 5.1, and its operator's own. */
export type OidcClaims = Readonly<Record<string, unknown>>;

/** An account at the provider: what never changes of it, and is nobody else's later (OpenID Connect Core 1.0, section 5.7). */
export type OidcAccount = { readonly issuer: string; readonly subject: string };

/** How claims become a role and a tenant of ours. */
export type ClaimRules = {
  /** The claim that holds a value, or a list of values, of `roles`. */
  readonly roleClaim: string;
  readonly roles: ReadonlyMap<string, Role>;
  /** One tenant for all, or the claim that names it. */
  readonly tenant: { readonly id: string } | { readonly claim: string };
};

/** Somebody who has logged in at the provider, as claims tell. */
export type OidcPerson = {
  /** Null: no value of the claim maps to a role. */
  readonly role: Role | null;
  /** Null: no claim that could name a tenant. */
  readonly tenantId: string | null;
  /** In small letters. */
  readonly email: string | null;
  /** Null: the provider does not say. */
  readonly emailVerified: boolean | null;
  readonly name: string | null;
};

/** The claims that are looked at, whose absence from an ID token makes it worth asking for more. */
export function claimsWanted({ roleClaim, tenant }: ClaimRules): string[] {
  return [roleClaim, ...('claim' in tenant ? [tenant.claim] : []), 'email'];
}

/** Reads claims by the rules. Of several values that map to a role the one that may most counts. */
export function personOf(claims: OidcClaims, rules: ClaimRules): OidcPerson {
  const claim = (name: string): unknown => (Object.hasOwn(claims, name) ? claims[name] : undefined);
  const mapped = [claim(rules.roleClaim)].flat().map((value) => rules.roles.get(String(value)));
  const verified = claim('email_verified');
  return {
    role: roles.find((role) => mapped.includes(role)) ?? null,
    tenantId: 'id' in rules.tenant ? rules.tenant.id : (tenantSchema.safeParse(claim(rules.tenant.claim)).data ?? null),
    email: emailSchema.safeParse(claim('email')).data ?? null,
    // Some providers say it as a text.
    emailVerified: verified === undefined ? null : verified === true || verified === 'true',
    name: nameSchema.safeParse(claim('name')).data ?? null,
  };
}

const tenantSchema = z.string().regex(/^[a-z0-9-]{1,63}$/);
const emailSchema = z.string().trim().toLowerCase().max(254).pipe(z.email());
const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u);
