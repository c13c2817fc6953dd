import { randomBytes } from 'node:crypto';
import { authAlerted } from '@uw-wizard/shared/contracts/auth';
import { createAccessLog } from '@uw-wizard/shared/platform/access-log';
import { answerOver } from '@uw-wizard/shared/platform/ask';
import { createBatchConsumer } from '@uw-wizard/shared/platform/batches';
import { openDatabase, type SqlTx } from '@uw-wizard/shared/platform/database';
import { createErasureWorkers } from '@uw-wizard/shared/platform/erasure';
import { watchService } from '@uw-wizard/shared/platform/health';
import { createHousekeeping } from '@uw-wizard/shared/platform/housekeeping';
import { createHttpApp } from '@uw-wizard/shared/platform/http-app';
import { createIdentityVerifier } from '@uw-wizard/shared/platform/identity';
import { whenReachable } from '@uw-wizard/shared/platform/migrate-when-reachable';
import { openStorage } from '@uw-wizard/shared/platform/open-storage';
import { writeFacts } from '@uw-wizard/shared/platform/outbox';
import { createOutboxRelay } from '@uw-wizard/shared/platform/outbox-relay';
import { createBell, repeat } from '@uw-wizard/shared/platform/repeat';
import { createResponder } from '@uw-wizard/shared/platform/responder';
import { createSeals } from '@uw-wizard/shared/platform/seals';
import type { Service, ServiceDeps } from '@uw-wizard/shared/platform/service';
import type { AuthConfig } from './config.ts';
import { createAccessTokens } from './data/access-tokens.ts';
import { createAnswerSeals } from './data/answer-seals.ts';
import { createAuditAnchors } from './data/audit-anchors.ts';
import { createAuditHeads } from './data/audit-heads.ts';
import { createAuditLog } from './data/audit-log.ts';
import { isBreached } from './data/breached-passwords.ts';
import { type AuthTx, factAbout } from './data/database.ts';
import { PrismaClient } from './data/generated/client.ts';
import { createLoginFailures } from './data/login-failures.ts';
import { createMailer } from './data/mail.ts';
import { createOidcProvider } from './data/oidc-provider.ts';
import { createPasswords } from './data/passwords.ts';
import { createSigningKeys } from './data/signing-keys.ts';
import { createAuthStore } from './data/store.ts';
import { createTotp } from './data/totp.ts';
import { claimsWanted } from './domain/oidc-claims.ts';
import { answersOf } from './events/answers.ts';
import { fromAudit } from './events/from-audit.ts';
import { apiKeysRoutes } from './http/api-keys.routes.ts';
import { auditRoutes } from './http/audit.routes.ts';
import { authRoutes } from './http/auth.routes.ts';
import { boundCrowd } from './http/bound-crowd.ts';
import { oidcRoutes } from './http/oidc.routes.ts';
import { ownAccountRoutes } from './http/own-account.routes.ts';
import { passwordResetRoutes } from './http/password-reset.routes.ts';
import { secondFactorRoutes } from './http/second-factor.routes.ts';
import { usersRoutes } from './http/users.routes.ts';
import type { OidcConfig } from './oidc-config.ts';
import { anchorAudit } from './usecases/anchor-audit.ts';
import { bootstrapTenant } from './usecases/bootstrap-tenant.ts';
import { sendPasswordReset } from './usecases/send-password-reset.ts';

export const migrationsFolder = new URL('../prisma/migrations/', import.meta.url);

/** Logins in hand at a time: half a second's worth on one core. */
const mostLogins = 16;

/** How often to look for chains that have grown for an hour. */
const anchorPollMs = 60_000;

/** How soon a request is seen that came to another replica, or whose mail is tried again. */
const mailPollMs = 2_000;

/** How often a replica says which keys it signs with. */
const publishEveryMs = 60_000;

/** What this service alone has to sweep out. A session can be renewed for fourteen days. */
const oldRows = [
  { table: 'credential_changes', old: "created_at < now() - interval '1 hour'" },
  { table: 'password_reset_requests', old: "created_at < now() - interval '2 hours'" },
  { table: 'password_resets', old: "expires_at < now() - interval '1 day'" },
  { table: 'login_failures', old: "last_at < now() - interval '2 days'" },
  { table: 'signing_keys', old: "good_until < now() - interval '1 day'" },
  { table: 'used_refresh_tokens', old: "used_at < now() - interval '15 days'" },
] as const;

/** Puts auth-svc together, on a migrated database, and makes the first tenant where it is missing. */
export async function createAuthService(
  config: AuthConfig,
  { bus, log, onEdge, metrics, signal = new AbortController().signal }: ServiceDeps,
): Promise<Service> {
  const database = openDatabase<AuthTx>({
    url: config.databaseUrl,
    workerUrl: config.databaseWorkerUrl,
    maxConnections: config.databaseConnections,
    client: (adapter) => new PrismaClient({ adapter }),
    name: 'auth-svc',
    answerSeals: createAnswerSeals(config.secondFactorKeys),
    ...(onEdge === undefined ? {} : { onEdge }),
  });
  const clock = () => new Date();
  const mailBell = createBell();
  const deps = {
    database,
    store: createAuthStore(database, { clock }),
    failures: createLoginFailures(database.pool),
    passwords: createPasswords(),
    accessTokens: await createAccessTokens({
      privateKeyPems: config.jwtPrivateKeys,
      issuer: config.jwtIssuer,
      audience: config.jwtAudience,
      keys: createSigningKeys(database.pool),
    }),
    isBreached,
    seals: createSeals(config.secondFactorKeys),
    totp: createTotp('UW Wizard'),
    oidc: config.oidc === null ? null : openOidc(config.oidc, config.publicUrl),
    randomBytes: (count: number) => randomBytes(count),
    newSecret: (bytes: number) => randomBytes(bytes).toString('base64url'),
    clock,
    recordAccess: createAccessLog(database, 'auth-svc'),
    mailer: createMailer(config.mail),
    mailIsDue: () => mailBell.ring(),
    publicUrl: config.publicUrl,
    passwordResetUrl: config.passwordResetUrl,
    bootstrapTenantId: config.bootstrap.tenantId,
  };
  // Several replicas may start at once on an empty database.
  const bootstrap = async () => {
    await deps.accessTokens.publish();
    await database.exclusively('bootstrap', () => bootstrapTenant(deps, config.bootstrap));
  };
  await whenReachable(bootstrap, { url: config.databaseUrl, log, signal });

  const publishStep = async () => {
    await deps.accessTokens.publish();
    return publishEveryMs;
  };
  const storage = await openStorage(config.storage, log);
  const anchors = createAuditAnchors({ storage, keys: config.auditKeys, spoolDir: config.spoolDir });
  const anchorDeps = { auditHeads: createAuditHeads(database.worker), anchors, clock, log };
  const anchorStep = async () => {
    let more = false;
    await database.unlessTaken('audit anchors', async () => {
      more = await anchorAudit(anchorDeps);
    });
    return more ? 0 : anchorPollMs;
  };
  const mailStep = async () => ((await sendPasswordReset(deps)) ? 0 : mailPollMs);
  const health = watchService({ database, bus, metrics });
  const answers = answersOf({ ...deps, log });
  const app = createHttpApp({
    service: 'auth-svc',
    handlers: boundCrowd(
      {
        ...authRoutes(deps),
        ...ownAccountRoutes(deps),
        ...passwordResetRoutes(deps),
        ...secondFactorRoutes(deps),
        ...oidcRoutes(deps),
        ...usersRoutes(deps),
        ...apiKeysRoutes(deps),
        ...auditRoutes(deps),
      },
      mostLogins,
    ),
    answers,
    verifyIdentity: createIdentityVerifier(config.identityPublicKeys, 'auth-svc'),
    health,
    metrics,
    log,
    problemBase: `${config.publicUrl}/problems`,
  });
  return {
    name: 'auth-svc',
    app,
    health,
    workers: [
      createResponder({
        name: 'auth-svc answers',
        start: () => Promise.all(answers.map((answer) => answerOver(bus, answer))),
        log,
      }),
      {
        name: 'mail',
        run: (signal) => repeat(mailStep, { what: 'a mail', bell: mailBell, signal, log }),
      },
      {
        name: 'signing keys',
        run: (signal) => repeat(publishStep, { what: 'publishing the signing keys', bell: createBell(), signal, log }),
      },
      createBatchConsumer({
        service: 'auth-svc',
        stream: 'audit',
        bus,
        log,
        handle: fromAudit({
          database,
          auditLog: createAuditLog(database.plain, config.auditKeys),
          log,
          unknownTenantId: config.bootstrap.tenantId,
          onGivenUp: (tx, given) => alertGivenUp(tx, given, clock()),
        }),
      }),
      {
        name: 'audit anchors',
        run: (signal) => repeat(anchorStep, { what: 'an anchor', bell: createBell(), signal, log }),
      },
      ...createErasureWorkers({
        ...{ service: 'auth-svc', database, bus, log, metrics, alerted: authAlerted },
        unknownTenantId: config.bootstrap.tenantId,
        // Merchants have no accounts, and what the audit log holds of them is masked.
        blankRows: async () => ({ rows: 0 }),
      }),
      createHousekeeping({ database, log, more: oldRows }),
      createOutboxRelay({ publisher: 'auth-svc', database, bus, log, metrics }),
    ],
    async close() {
      storage.close();
      await deps.passwords.close();
      await database.close();
    },
  };
}

function openOidc(config: OidcConfig, publicUrl: string) {
  const redirectUrl = config.redirectUrl ?? `${publicUrl}/api/auth/oidc/callback`;
  const wanted = claimsWanted(config.policy.rules);
  return { provider: createOidcProvider(config, { redirectUrl, wanted }), policy: config.policy };
}

async function alertGivenUp(
  tx: SqlTx,
  { tenantId, eventId, reason }: { tenantId: string; eventId: string; reason: string },
  now: Date,
): Promise<void> {
  const message = `An audit event could not be put into the log and is dead letter ${eventId} of auth-svc: ${reason}`;
  const alert = { severity: 'critical' as const, code: 'audit-event-given-up', message: message.slice(0, 1_000) };
  await writeFacts(tx, { tenantId, now }, [factAbout(eventId, { type: 'auth.alerted', data: alert })]);
}
