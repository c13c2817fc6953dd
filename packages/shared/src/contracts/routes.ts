import type { Permission } from './permissions.ts';

export const serviceNames = ['auth-svc', 'deals-svc', 'documents-svc', 'signing-svc', 'sms-svc'] as const;
export type ServiceName = (typeof serviceNames)[number];

/**
 * One call the gateway lets through. The table below is the only list of calls there is: the gateway builds its doors from
 * it, each service checks the permission again, and a call without an entry does not exist.
 */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Express 5 path; `:name` is one segment. */
  readonly path: string;
  readonly service: ServiceName;
  /** `none`: anyone. `provider`: another company's signed webhook, verified by the service. Else the permission needed. */
  readonly allow: Permission | 'none' | 'provider';
  /** A further permission that one query parameter asks for. */
  readonly allowWhen?: { readonly query: string; readonly equals: string; readonly permission: Permission };
  /** Whether `Idempotency-Key` is required, honoured when sent, or not looked at. */
  readonly idempotency: 'required' | 'honoured' | 'none';
  /** Whether `X-Tenant-ID` must be sent. Where there is a credential it must be the credential's, required or not. */
  readonly tenant: 'required' | 'optional';
  readonly body: 'none' | 'json' | 'multipart' | 'raw';
  readonly maxBodyBytes?: number;
  /** `stream` passes the answer through as it comes; `call` holds it whole, so that it can be replayed. */
  readonly answer: 'call' | 'stream';
  /** How long the service may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** How many of these calls one gateway passes on at a time; one more is 429. For calls that cost much and need no credential. */
  readonly atOnce?: number;
  /**
   * What it does to the caller's session; a browser has the tokens of its session in cookies. One that `leaves` logs in
   * elsewhere, and `returns` from there with a session.
   */
  readonly session?: 'begins' | 'renews' | 'ends' | 'leaves' | 'returns';
  /** Whether it is open to a user who must change the password first, to whom nothing else is. */
  readonly beforePasswordChange?: true;
};

const MIB = 1024 * 1024;

function get(path: string, service: ServiceName, allow: Route['allow'], more: Partial<Route> = {}): Route {
  return {
    method: 'GET',
    path,
    service,
    allow,
    idempotency: 'none',
    tenant: 'optional',
    body: 'none',
    answer: 'call',
    ...more,
  };
}

function post(path: string, service: ServiceName, allow: Route['allow'], more: Partial<Route> = {}): Route {
  return {
    method: 'POST',
    path,
    service,
    allow,
    idempotency: 'required',
    tenant: 'required',
    body: 'json',
    maxBodyBytes: MIB,
    answer: 'call',
    ...more,
  };
}

function patch(path: string, service: ServiceName, allow: Route['allow'], more: Partial<Route> = {}): Route {
  return post(path, service, allow, { method: 'PATCH', idempotency: 'honoured', tenant: 'optional', ...more });
}

function remove(path: string, service: ServiceName, allow: Route['allow'], more: Partial<Route> = {}): Route {
  return patch(path, service, allow, { method: 'DELETE', body: 'none', ...more });
}

const open = { idempotency: 'none', tenant: 'optional' } as const;

export const routes: readonly Route[] = [
  post('/api/deals/start', 'deals-svc', 'deals.write'),
  get('/api/intake/fields', 'deals-svc', 'deals.read'),
  post('/api/intake/answer', 'deals-svc', 'deals.write'),
  post('/api/documents/bank/upload', 'documents-svc', 'documents.upload', {
    body: 'multipart',
    maxBodyBytes: 64 * MIB,
    timeoutMs: 60_000,
  }),
  get('/api/documents/:id', 'documents-svc', 'documents.read'),
  get('/api/documents/:id/content', 'documents-svc', 'documents.read', { answer: 'stream', timeoutMs: 120_000 }),
  post('/api/deals/:id/offers', 'deals-svc', 'offers.generate', { body: 'none' }),
  post('/api/deals/:id/accept', 'deals-svc', 'offers.accept'),
  post('/api/background/run', 'deals-svc', 'background.run', { body: 'none' }),
  get('/api/deals/:id', 'deals-svc', 'deals.read'),
  get('/api/deals/:id/documents', 'documents-svc', 'documents.read'),
  get('/api/deals/:id/events', 'deals-svc', 'deals.read'),
  get('/api/alerts', 'deals-svc', 'alerts.read'),
  post('/api/alerts', 'deals-svc', 'alerts.write'),
  post('/api/alerts/:id/dismiss', 'deals-svc', 'alerts.write', { body: 'none' }),
  post('/api/sign/send', 'signing-svc', 'signature.send', {
    body: 'none',
    allowWhen: { query: 'force', equals: 'true', permission: 'signature.force' },
    timeoutMs: 45_000,
  }),
  post('/api/sign/webhook', 'signing-svc', 'provider', { ...open, body: 'raw' }),
  get('/api/sign/envelopes/:id', 'signing-svc', 'deals.read'),
  get('/api/sign/envelopes/:id/content', 'signing-svc', 'documents.read', { answer: 'stream' }),
  post('/mock/envelopes/:id/sign', 'signing-svc', 'deals.write', { body: 'none', idempotency: 'none' }),
  post('/mock/envelopes/:id/decline', 'signing-svc', 'deals.write', { body: 'none', idempotency: 'none' }),
  post('/mock/envelopes/:id/view', 'signing-svc', 'deals.write', { body: 'none', idempotency: 'none' }),
  post('/api/sms/cherry/send', 'sms-svc', 'sms.send', { timeoutMs: 45_000 }),
  post('/api/sms/cherry/webhook', 'sms-svc', 'provider', { ...open, body: 'raw' }),
  post('/api/auth/login', 'auth-svc', 'none', { ...open, atOnce: 16, session: 'begins' }),
  post('/api/auth/refresh', 'auth-svc', 'none', { ...open, session: 'renews' }),
  post('/api/auth/logout', 'auth-svc', 'me.read', { ...open, body: 'none', session: 'ends' }),
  get('/api/auth/me', 'auth-svc', 'me.read'),
  post('/api/auth/password', 'auth-svc', 'me.read', { ...open, beforePasswordChange: true }),
  post('/api/auth/password-reset', 'auth-svc', 'none', open),
  post('/api/auth/password-reset/confirm', 'auth-svc', 'none', { ...open, atOnce: 16 }),
  post('/api/auth/totp', 'auth-svc', 'me.read', open),
  post('/api/auth/totp/confirm', 'auth-svc', 'me.read', open),
  post('/api/auth/totp/disable', 'auth-svc', 'me.read', open),
  post('/api/auth/totp/login', 'auth-svc', 'none', { ...open, atOnce: 16, session: 'begins' }),
  get('/api/auth/oidc/login', 'auth-svc', 'none', { atOnce: 16, session: 'leaves' }),
  get('/api/auth/oidc/callback', 'auth-svc', 'none', { atOnce: 16, session: 'returns' }),
  get('/api/auth/sessions', 'auth-svc', 'me.read'),
  remove('/api/auth/sessions/:id', 'auth-svc', 'me.read', { idempotency: 'none' }),
  get('/api/users', 'auth-svc', 'users.manage'),
  post('/api/users', 'auth-svc', 'users.manage'),
  get('/api/users/:id', 'auth-svc', 'users.manage'),
  patch('/api/users/:id', 'auth-svc', 'users.manage'),
  get('/api/api-keys', 'auth-svc', 'api_keys.manage'),
  post('/api/api-keys', 'auth-svc', 'api_keys.manage'),
  remove('/api/api-keys/:id', 'auth-svc', 'api_keys.manage'),
  get('/api/audit', 'auth-svc', 'audit.read', { answer: 'stream', timeoutMs: 120_000 }),
  get('/.well-known/jwks.json', 'auth-svc', 'none'),
];
