import { type Role, roleSchema } from '@uw-wizard/shared/contracts/permissions';
import { flag, list } from '@uw-wizard/shared/platform/config';
import { tenantId } from '@uw-wizard/shared/platform/service-config';
import { z } from 'zod';
import type { OidcProviderConfig } from './data/oidc-provider.ts';
import type { OidcPolicy } from './usecases/ports.ts';

/** Logins by OpenID Connect: with whom, and whom they let in. */
export type OidcConfig = OidcProviderConfig & {
  readonly policy: OidcPolicy;
  /** Where browsers come back to; null: `/api/auth/oidc/callback` of PUBLIC_URL. */
  readonly redirectUrl: string | null;
};

/** https, or http to this machine, for trying it out. */
const issuer = z
  .url({
    protocol: /^https?$/,
    error: 'use the issuer as the provider writes it, like https://login.example.com/realm',
  })
  .refine((url) => /^(https:|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$))/i.test(url), {
    error: 'use https; http only for a provider on this machine',
  });

const roleMap = list.transform((pairs, context): ReadonlyMap<string, Role> => {
  const map = new Map<string, Role>();
  for (const pair of pairs) {
    const at = pair.lastIndexOf('=');
    const role = roleSchema.safeParse(pair.slice(at + 1).trim());
    if (at > 0 && role.success) map.set(pair.slice(0, at).trim(), role.data);
  }
  if (map.size > 0 && map.size === pairs.length) return map;
  context.addIssue({ code: 'custom', message: 'use value=role,value=role with the roles admin, reviewer and analyst' });
  return z.NEVER;
});

/** The variables of logins by OpenID Connect, for auth-svc and whoever starts it. */
export const oidcVariables = {
  OIDC_ISSUER: issuer.optional().describe('provider of OpenID Connect logins, as it writes itself; https'),
  OIDC_CLIENT_ID: z.string().max(500).optional().describe('what the provider knows us by'),
  OIDC_CLIENT_SECRET: z.string().max(2_000).optional().describe('the secret that goes with it'),
  OIDC_CLIENT_AUTH: z
    .enum(['client_secret_basic', 'client_secret_post'], { error: 'use client_secret_basic or client_secret_post' })
    .default('client_secret_basic')
    .describe('how the secret is shown, client_secret_basic or client_secret_post'),
  OIDC_REDIRECT_URL: z
    .url({ protocol: /^https?$/, error: 'use a URL, like https://desk.example.com/api/auth/oidc/callback' })
    .optional()
    .describe('where the provider sends browsers back; PUBLIC_URL/api/auth/oidc/callback'),
  OIDC_SCOPES: z
    .string()
    .regex(/^openid( [!-~]+)*$/, 'use openid and others behind it, with a space between')
    .max(500)
    .default('openid email profile')
    .describe('what is asked for'),
  OIDC_HOSTS: list
    .refine((hosts) => hosts.every((host) => /^([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?$/.test(host)), {
      error: 'use host names, with commas between them',
    })
    .optional()
    .describe("hosts of the provider besides the issuer's own, comma-separated"),
  OIDC_ROLE_CLAIM: z
    .string()
    .min(1)
    .max(200)
    .default('groups')
    .describe('claim whose values say which role a user has'),
  OIDC_ROLES: roleMap.optional().describe('value=role of that claim, comma-separated; who has none stays out'),
  OIDC_TENANT_ID: tenantId.optional().describe('the tenant of all who log in so'),
  OIDC_TENANT_CLAIM: z.string().min(1).max(200).optional().describe('or the claim that names it'),
  OIDC_CREATE_USERS: flag.default(true).describe('whether who has no account gets one at the first login'),
  OIDC_LINK_BY_EMAIL: flag.default(false).describe('whether an account is found by a verified e-mail address'),
} as const;

type Values = z.infer<z.ZodObject<typeof oidcVariables>>;
type Complain = (name: string, message: string) => void;

const needed = ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_ROLES'] as const;
const optional = ['OIDC_TENANT_ID', 'OIDC_TENANT_CLAIM', 'OIDC_REDIRECT_URL', 'OIDC_HOSTS'] as const;

/** Complains of logins that are set up by half. */
export function checkOidc(values: Values, complain: Complain): void {
  if ([...needed, ...optional].every((name) => values[name] === undefined)) return;
  for (const name of needed) {
    if (values[name] === undefined) complain(name, 'login by OpenID Connect is set up by half; give this one too');
  }
  const tenants = [values.OIDC_TENANT_ID, values.OIDC_TENANT_CLAIM].filter((given) => given !== undefined);
  if (tenants.length !== 1) complain('OIDC_TENANT_ID', 'give either this one or OIDC_TENANT_CLAIM');
}

/** How users log in by OpenID Connect; null: they do not. */
export function oidcSettings(values: Values): OidcConfig | null {
  const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_ROLES, OIDC_TENANT_ID, OIDC_TENANT_CLAIM } = values;
  if (!OIDC_ISSUER || !OIDC_CLIENT_ID || !OIDC_CLIENT_SECRET || !OIDC_ROLES) return null;
  return {
    issuer: OIDC_ISSUER,
    clientId: OIDC_CLIENT_ID,
    clientSecret: OIDC_CLIENT_SECRET,
    clientAuth: values.OIDC_CLIENT_AUTH,
    redirectUrl: values.OIDC_REDIRECT_URL ?? null,
    scopes: values.OIDC_SCOPES,
    hosts: values.OIDC_HOSTS ?? [],
    policy: {
      rules: {
        roleClaim: values.OIDC_ROLE_CLAIM,
        roles: OIDC_ROLES,
        tenant: OIDC_TENANT_CLAIM === undefined ? { id: OIDC_TENANT_ID ?? '' } : { claim: OIDC_TENANT_CLAIM },
      },
      createUsers: values.OIDC_CREATE_USERS,
      linkByEmail: values.OIDC_LINK_BY_EMAIL,
    },
  };
}
