import { join } from 'node:path';
import type { AuthConfig } from '@uw-wizard/auth-svc/config';
import type { DealsConfig } from '@uw-wizard/deals-svc/config';
import type { DocumentsConfig } from '@uw-wizard/documents-svc/config';
import type { GatewayConfig } from '@uw-wizard/gateway/config';
import type { StorageConfig } from '@uw-wizard/shared/platform/open-storage';
import type { SigningConfig } from '@uw-wizard/signing-svc/config';
import { defaultLimits, type SmsConfig } from '@uw-wizard/sms-svc/config';
import type { StandaloneConfig } from './config.ts';
import type { Credentials } from './credentials.ts';
import type { Databases, DatabaseUrls } from './databases.ts';
import type { Secrets } from './secrets.ts';
import type { SocketFolder } from './socket-folder.ts';

type Parts = {
  config: StandaloneConfig;
  /** Where the gateway is reached from this machine, whatever its public URL. */
  localUrl: string;
  credentials: Credentials;
  databases: Databases;
  secrets: Secrets;
  sockets: SocketFolder;
};

/** Where the anchors of the audit log are. */
export function auditStorage(config: Pick<StandaloneConfig, 'storageIn' | 'dataDir'>): StorageConfig {
  return config.storageIn({ folder: join(config.dataDir, 'audit'), prefix: 'audit/' });
}

/** What each part is told, from what the installation was told and made. */
export function configsOf({ config, localUrl, credentials, databases, secrets, sockets }: Parts) {
  const publicUrl = credentials.base_url;
  const databaseOf = ({ runtime, worker }: DatabaseUrls) => ({
    databaseUrl: runtime,
    databaseWorkerUrl: worker,
    databaseConnections: databases.connectionsEach ?? undefined,
  });
  const common = { publicUrl, identityPublicKeys: [secrets.identityPublicKey] };
  const tokens = { jwtIssuer: config.jwtIssuer, jwtAudience: config.jwtAudience };
  const auth: AuthConfig = {
    ...common,
    ...tokens,
    ...databaseOf(databases.urls.auth),
    jwtPrivateKeys: secrets.jwtPrivateKeys,
    secondFactorKeys: secrets.secondFactorKeys,
    auditKeys: secrets.auditKeys,
    storage: auditStorage(config),
    spoolDir: join(config.dataDir, 'spool', 'auth-svc'),
    mail: config.mail,
    passwordResetUrl: config.passwordResetUrl,
    oidc: config.oidc,
    bootstrap: {
      tenantId: credentials.tenant_id,
      adminEmail: credentials.email,
      adminPassword: credentials.password,
      apiKey: credentials.api_key,
    },
  };
  const deals: DealsConfig = {
    ...common,
    ...databaseOf(databases.urls.deals),
    fieldKeys: secrets.fieldKeys,
    fieldIndexKeys: secrets.fieldIndexKeys,
    sanctionsDir: config.sanctionsDir ?? null,
    mockMode: config.mockMode,
    bootstrapTenantId: credentials.tenant_id,
  };
  const documents: DocumentsConfig = {
    ...common,
    ...databaseOf(databases.urls.documents),
    fieldKeys: secrets.fieldKeys,
    storage: config.storageIn({ folder: join(config.dataDir, 'uploads'), prefix: 'documents/' }),
    spoolDir: join(config.dataDir, 'spool', 'documents-svc'),
    clamdUrl: config.clamdUrl,
  };
  const signing: SigningConfig = {
    ...common,
    ...databaseOf(databases.urls.signing),
    fieldKeys: secrets.fieldKeys,
    storage: config.storageIn({ folder: join(config.dataDir, 'agreements'), prefix: 'agreements/' }),
    spoolDir: join(config.dataDir, 'spool', 'signing-svc'),
    buyerName: config.appName,
    signProvider: 'mock',
    webhookUrl: `${localUrl}/api/sign/webhook`,
    docusignWebhookSecrets: config.docusignWebhookSecrets ?? [credentials.docusign_webhook_secret],
    dropboxsignWebhookSecrets: config.dropboxsignWebhookSecrets ?? [credentials.dropboxsign_webhook_secret],
    bootstrapTenantId: credentials.tenant_id,
  };
  const sms: SmsConfig = {
    ...common,
    ...databaseOf(databases.urls.sms),
    provider: 'mock',
    webhookSecrets: config.cherryWebhookSecrets ?? [],
    sender: config.cherrySender ?? null,
    senderName: config.appName,
    bootstrapTenantId: credentials.tenant_id,
    limits: defaultLimits,
  };
  const gateway: GatewayConfig = {
    ...tokens,
    publicUrl,
    corsOrigins: config.corsOrigins,
    debug: config.debug,
    identityPrivateKey: secrets.identityPrivateKey,
    services: {
      'auth-svc': [`unix:${sockets.pathOf('auth-svc')}`],
      'deals-svc': [`unix:${sockets.pathOf('deals-svc')}`],
      'documents-svc': [`unix:${sockets.pathOf('documents-svc')}`],
      'signing-svc': [`unix:${sockets.pathOf('signing-svc')}`],
      'sms-svc': [`unix:${sockets.pathOf('sms-svc')}`],
    },
    spoolDir: join(config.dataDir, 'spool', 'gateway'),
    trustedProxies: config.trustedProxies,
    // The mock provider calls the webhook from this machine.
    allowedHosts: config.allowedHosts.length === 0 ? [] : [...config.allowedHosts, new URL(localUrl).host],
    hsts: config.hsts,
    rateLimits: config.rateLimits,
  };
  return { auth, deals, documents, signing, sms, gateway };
}
