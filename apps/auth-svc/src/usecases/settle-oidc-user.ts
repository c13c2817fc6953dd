import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { v7 as uuidv7 } from 'uuid';
import type { OidcAccount, OidcPerson } from '../domain/oidc-claims.ts';
import { changeUser, type User } from '../domain/user.ts';
import type { InTenant, OidcPolicy, Unit } from './ports.ts';
import type { From } from './start-session.ts';

export type SettleOidcUserDeps = {
  store: { inTenant: InTenant; findUserByEmail(email: string): Promise<User | null> };
  clock: () => Date;
};

export type Refusal =
  | 'role-unmapped'
  | 'tenant-unknown'
  | 'user-disabled'
  | 'account-missing'
  | 'email-missing'
  | 'email-taken'
  | 'linked-otherwise';

/** Whoever logs in, with a role in a tenant. */
type Placed = OidcPerson & { readonly tenantId: string; readonly role: Role };
type Settled = { user: User } | { refused: Refusal; userId: string | null };

/**
 * The user who an account of the provider is: the one it was before; else, where the policy says so, the one with the
 * verified e-mail address, or a new one without a password. The role becomes what the provider says, also that of the last
 * admin: who is one is not ours to say then. Whoever is refused has changed nothing.
 */
export async function settleOidcUser(
  deps: SettleOidcUserDeps,
  input: { account: OidcAccount; person: OidcPerson; tenantId: string; policy: OidcPolicy; from: From },
): Promise<Settled> {
  const { account, tenantId, policy, from } = input;
  const { role, email, emailVerified } = input.person;
  const holder = email === null ? null : await deps.store.findUserByEmail(email);
  return deps.store.inTenant(tenantId, { id: 'oidc', address: from.address }, async (unit): Promise<Settled> => {
    // Nobody disables or changes the user meanwhile, and the same account is not made twice.
    if (!(await unit.users.lock())) return { refused: 'tenant-unknown', userId: null };
    const known = await unit.oidcAccounts.userOf(account);
    if (role === null) return { refused: 'role-unmapped', userId: known };
    const person: Placed = { ...input.person, tenantId, role };
    if (known !== null) return admit(deps, unit, await unit.users.get(known), person);
    if (holder === null) return create(deps, unit, account, person, policy);
    const mayLink = policy.linkByEmail && emailVerified === true && holder.tenantId === tenantId;
    if (!mayLink) return { refused: 'email-taken', userId: null };
    const user = await unit.users.get(holder.id);
    if (user.disabledAt === null && !(await unit.oidcAccounts.link(account, user.id))) {
      return { refused: 'linked-otherwise', userId: user.id };
    }
    return admit(deps, unit, user, person);
  });
}

async function admit({ clock }: SettleOidcUserDeps, { users }: Unit, user: User, { role }: Placed): Promise<Settled> {
  if (user.disabledAt !== null) return { refused: 'user-disabled', userId: user.id };
  if (user.role === role) return { user };
  const decided = changeUser(user, { role }, { now: clock(), otherAdmins: Number.POSITIVE_INFINITY });
  await users.save(user, decided);
  return { user: decided.user };
}

async function create(
  { clock }: SettleOidcUserDeps,
  { users, oidcAccounts }: Unit,
  account: OidcAccount,
  { email, emailVerified, name, role, tenantId }: Placed,
  { createUsers }: OidcPolicy,
): Promise<Settled> {
  if (!createUsers) return { refused: 'account-missing', userId: null };
  if (email === null || emailVerified === false) return { refused: 'email-missing', userId: null };
  const user: User = {
    id: uuidv7(),
    tenantId,
    email,
    name: name ?? email,
    role,
    passwordHash: null,
    mustChangePassword: false,
    disabledAt: null,
    createdAt: clock(),
  };
  if (!(await oidcAccounts.link(account, user.id))) return { refused: 'linked-otherwise', userId: null };
  await users.add(user);
  return { user };
}
