import { DomainError } from '@uw-wizard/shared/errors';
import { OIDC_LOGIN_INVALID, OIDC_LOGIN_REFUSED, RATE_LIMITED } from '../domain/errors.ts';
import { type OidcAccount, type OidcPerson, personOf } from '../domain/oidc-claims.ts';
import type { User } from '../domain/user.ts';
import { configured, type OidcLoginDeps, openLoginState } from './begin-oidc-login.ts';
import type { InTenant, LoginFailures } from './ports.ts';
import { type Refusal, settleOidcUser } from './settle-oidc-user.ts';
import { type From, type LoggedIn, type StartSessionDeps, startSession } from './start-session.ts';

export type FinishOidcLoginDeps = OidcLoginDeps &
  StartSessionDeps & {
    store: { inTenant: InTenant; findUserByEmail(email: string): Promise<User | null> };
    failures: Pick<LoginFailures, 'waitOfNetwork' | 'fail'>;
    /** Whose log tells of logins that belong to no tenant. */
    bootstrapTenantId: string;
  };

/** Why nobody was let in, for the audit log and for whoever tried. */
const details: Record<Refusal, string> = {
  'role-unmapped': 'The provider gives you no role here. Ask whoever runs it.',
  'tenant-unknown': 'The provider names no tenant that there is. Ask whoever runs it.',
  'user-disabled': 'Your account is disabled. Ask an admin.',
  'account-missing': 'You have no account here. Ask an admin.',
  'email-missing': 'The provider tells no e-mail address of yours that could be used.',
  'email-taken': 'Another account has your e-mail address. Ask an admin.',
  'linked-otherwise': 'Your account at the provider, or here, belongs to another one already. Ask an admin.',
};

/**
 * Ends a login that was begun in the same browser: opens a session for whoever the provider has let in, with the role and
 * in the tenant that its claims say. Each failure is in the audit log, and counts against the network. Throws
 * `oidc-not-configured`, `oidc-login-invalid`, `oidc-login-refused`, `oidc-provider-unavailable`, `oidc-provider-failed`,
 * `rate-limited`.
 */
export async function finishOidcLogin(
  deps: FinishOidcLoginDeps,
  input: { query: string; loginState: string | undefined } & From,
): Promise<{ loggedIn: LoggedIn; returnTo: string }> {
  const { policy } = configured(deps);
  const wait = await deps.failures.waitOfNetwork(input.address);
  if (wait > 0) {
    throw new DomainError(RATE_LIMITED, 'Too many attempts have failed. Wait before the next one.', {
      retryAfterSeconds: wait,
    });
  }
  const { account, person, returnTo } = await prove(deps, input);
  const refuse = async (reason: Refusal, tenantId: string, userId: string | null = null) => {
    await noteFailure(deps, { tenantId, userId, reason, from: input });
    await deps.failures.fail(input.address);
    return new DomainError(OIDC_LOGIN_REFUSED, details[reason]);
  };
  const { tenantId } = person;
  if (tenantId === null) throw await refuse('tenant-unknown', deps.bootstrapTenantId);
  const settled = await settleOidcUser(deps, { account, person, tenantId, policy, from: input });
  if ('refused' in settled) {
    const { refused, userId } = settled;
    throw await refuse(refused, refused === 'tenant-unknown' ? deps.bootstrapTenantId : tenantId, userId);
  }
  const { user } = settled;
  const { session, loggedIn } = startSession(deps, user, input);
  const actor = { id: user.id, address: input.address };
  await deps.store.inTenant(tenantId, actor, ({ sessions }) => sessions.start(session));
  return { loggedIn: await loggedIn(), returnTo };
}

/** Who came back from the provider, and where to. */
async function prove(
  deps: FinishOidcLoginDeps,
  input: { query: string; loginState: string | undefined } & From,
): Promise<{ account: OidcAccount; person: OidcPerson; returnTo: string }> {
  const { provider, policy } = configured(deps);
  const failed = (reason: string) =>
    noteFailure(deps, { tenantId: deps.bootstrapTenantId, userId: null, reason, from: input });
  const begun = openLoginState(deps, input.loginState);
  if (begun === null) {
    await failed('oidc-login-invalid');
    await deps.failures.fail(input.address);
    throw new DomainError(
      OIDC_LOGIN_INVALID,
      'No login was begun in this browser within ten minutes. Begin with GET /api/auth/oidc/login.',
    );
  }
  try {
    const { claims, ...account } = await provider.finish(input.query, begun);
    return { account, person: personOf(claims, policy.rules), returnTo: begun.returnTo };
  } catch (error) {
    const { status = 503, code = '' } = error instanceof DomainError ? error.kind : {};
    // A provider that is away has refused nobody, and what it answers wrongly is not charged to whoever logs in.
    if (status !== 503) await failed(code);
    if (status < 500) await deps.failures.fail(input.address);
    throw error;
  }
}

async function noteFailure(
  { store }: FinishOidcLoginDeps,
  { tenantId, userId, reason, from }: { tenantId: string; userId: string | null; reason: string; from: From },
): Promise<void> {
  const actor = { id: userId ?? 'unknown', address: from.address };
  await store.inTenant(tenantId, actor, ({ sessions }) => sessions.fail(userId, reason));
}
