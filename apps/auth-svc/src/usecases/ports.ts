import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { ApiKey } from '../domain/api-key.ts';
import type { AuditedRow, AuditFilter } from '../domain/audit-row.ts';
import type { AuthFact } from '../domain/facts.ts';
import type { ClaimRules, OidcAccount, OidcClaims } from '../domain/oidc-claims.ts';
import type { SecondFactor } from '../domain/second-factor.ts';
import type { Session, SessionEnd, SessionSeen } from '../domain/session.ts';
import type { User } from '../domain/user.ts';

/** Who does something, and from where. */
export type Actor = { readonly id: string; readonly address?: string | undefined };

/** Hashes are of old and new secrets: of passwords Argon2id, of tokens SHA-256. */
export type Hashes = { readonly from: string; readonly to: string };

/** A place in a list that is ordered by time and id. */
export type Place = { readonly time: Date; readonly id: string };

export type Users = {
  find(id: string): Promise<User | null>;
  /** Throws user-not-found. */
  get(id: string): Promise<User>;
  /** Throws email-taken. */
  add(user: User): Promise<void>;
  /** Makes others wait who would change users of the tenant. False when there is no such tenant. */
  lock(): Promise<boolean>;
  /** At most `limit` users behind `from`, newest first. */
  page(limit: number, from: Place | null): Promise<User[]>;
  otherAdmins(id: string): Promise<number>;
  save(before: User, decided: { user: User; facts: readonly AuthFact[] }): Promise<void>;
  /** False when `from` is no longer the user's. */
  changePassword(id: string, hashes: Hashes, reason: 'changed' | 'reset'): Promise<boolean>;
  /** Tells people that a user could not be sent a mail. */
  alertMailNotSent(id: string): Promise<void>;
  rehash(id: string, hashes: Hashes): Promise<void>;
};

export type Sessions = {
  start(session: Session & Pick<SessionSeen, 'address' | 'userAgent'>): Promise<void>;
  fail(userId: string | null, reason: string): Promise<void>;
  /** False when `from` is no longer the good one. */
  rotate(id: string, hashes: Hashes): Promise<boolean>;
  wasGood(id: string, tokenHash: string): Promise<boolean>;
  endAsStolen(id: string, userId: string): Promise<void>;
  /** False when the user has no such session. */
  end(id: string, userId: string, reason: SessionEnd): Promise<boolean>;
  endAllOf(userId: string, reason: SessionEnd, except?: string): Promise<void>;
  /** Those that stand. */
  listOf(userId: string): Promise<SessionSeen[]>;
};

/** Tokens for another password, by their hashes. */
export type Resets = {
  add(userId: string, tokenHash: string, expiresAt: Date): Promise<void>;
  /** False when it is good no more. */
  use(userId: string, tokenHash: string): Promise<boolean>;
};

export type SecondFactors = {
  find(userId: string): Promise<SecondFactor | null>;
  /** False when there is one that is confirmed. */
  enrol(userId: string, sealedSecret: string): Promise<boolean>;
  /** False when it is confirmed already, or is another one now. */
  confirm(factor: SecondFactor, step: number, codeHashes: readonly string[]): Promise<boolean>;
  /** False when that step, or a later one, was used. */
  useStep(userId: string, step: number, sealedSecret: string): Promise<boolean>;
  /** False when it is none, or was used. */
  useRecoveryCode(userId: string, codeHash: string): Promise<boolean>;
  remove(userId: string): Promise<void>;
};

/** Who is whom at the provider of OpenID Connect logins. */
export type OidcAccounts = {
  /** The user who logs in with this account of the provider. */
  userOf(account: OidcAccount): Promise<string | null>;
  /** False when another user does, or when the user has another account of the same provider. */
  link(account: OidcAccount, userId: string): Promise<boolean>;
};

/** What a browser keeps while its user is at the provider. */
export type OidcSecrets = { readonly state: string; readonly nonce: string; readonly codeVerifier: string };

/** The provider with which users log in by OpenID Connect. Both throw `oidc-provider-unavailable`, `oidc-provider-failed`. */
export type OidcProvider = {
  /** Where a browser goes to log in, with new secrets. */
  begin(): Promise<{ location: string; secrets: OidcSecrets }>;
  /**
   * Who has logged in, by the query that the browser came back with. Throws `oidc-login-invalid` for one that does not belong
   * to `secrets`, or was used, and `oidc-login-refused` when the provider said no.
   */
  finish(query: string, secrets: OidcSecrets): Promise<OidcAccount & { claims: OidcClaims }>;
};

/** Whom such a login lets in. */
export type OidcPolicy = {
  readonly rules: ClaimRules;
  /** Whether somebody who has no account yet gets one. */
  readonly createUsers: boolean;
  /** Whether an account is found by an e-mail address that the provider has verified. */
  readonly linkByEmail: boolean;
};

/** Codes of authenticator apps. */
export type Totp = {
  newSecret(): string;
  uriOf(secret: string, account: string): string;
  /** The number of the 30 seconds that the code belongs to; null for none about now. */
  stepOf(secret: string, code: string, now: Date): number | null;
};

/** Encrypts what must be read again. */
export type Seals = {
  seal(text: string, purpose: string): string;
  /** Null for anything that was not sealed here, unchanged, for this purpose. */
  open(sealed: string, purpose: string): string | null;
  /** Whether it was sealed with another key than the one of today. */
  isDated(sealed: string): boolean;
};

/** Sends mails; rejects when nobody has taken the mail over. */
export type Mailer = { send(mail: { to: string; subject: string; text: string }): Promise<void> };

export type ApiKeys = {
  add(key: ApiKey, keyHash: string): Promise<void>;
  /** At most `limit` keys behind `from`, newest first, revoked ones too. */
  page(limit: number, from: Place | null): Promise<ApiKey[]>;
  /** False when there is no such key. */
  revoke(id: string): Promise<boolean>;
  revokeNamed(name: string): Promise<void>;
};

export type AuditPage = {
  /** At most `limit` rows behind `from`, newest first. */
  page(filter: AuditFilter, limit: number, from: Place | null): Promise<AuditedRow[]>;
};

/** Everything of one tenant that one transaction may read and change. */
export type Unit = {
  users: Users;
  sessions: Sessions;
  apiKeys: ApiKeys;
  resets: Resets;
  secondFactors: SecondFactors;
  oidcAccounts: OidcAccounts;
  ensureTenant(): Promise<void>;
};

/** Runs `work` in one transaction of a tenant, which it may do more than once. */
export type InTenant = <T>(tenantId: string, actor: Actor, work: (unit: Unit) => Promise<T>) => Promise<T>;

/** The same for the effect of a command, with which its answer is kept. */
export type Commit = <T>(command: Command<T>, work: (unit: Unit) => Promise<T>) => Promise<RecordedAnswer>;

export type Passwords = {
  hash(password: string): Promise<string>;
  verify(hash: string | null, password: string): Promise<boolean>;
  /** Whether `hash` was made with other parameters than those of today. */
  isDated(hash: string): boolean;
};

/** Attempts to log in, counted at accounts and from networks. */
export type LoginFailures = {
  /** How long an attempt must wait, in seconds; 0: none, and it is counted. */
  begin(email: string, address: string | undefined): Promise<number>;
  /** The same for what a network alone is charged for. */
  beginFromNetwork(address: string | undefined): Promise<number>;
  /** How long a network must wait, in seconds, without counting. */
  waitOfNetwork(address: string | undefined): Promise<number>;
  fail(address: string | undefined): Promise<void>;
  succeed(email: string): Promise<void>;
};
