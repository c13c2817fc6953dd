import type { Route } from '@uw-wizard/shared/contracts/routes';
import { inventMerchant } from '../flow/merchant.ts';

/** What there is in the house to ask for: a call about nothing seldom gets far. */
export type Stock = {
  readonly deals: readonly [string, ...string[]];
  readonly merchant: string;
  readonly document: string;
  readonly envelope: string;
  readonly offer: string;
  readonly alert: string;
  readonly user: string;
  readonly apiKey: string;
};

/** What a good call of a route says; what is wrong with it comes after. */
export type Sample = { readonly query?: Readonly<Record<string, string>>; readonly json?: unknown };

/** A good call of a route that is known here; of another one, guessed from what calls are wont to say. */
export function sampleOf(route: Route, stock: Stock, deal: string): Sample {
  return samples(stock, deal)[`${route.method} ${route.path}`] ?? guess(route, stock, deal);
}

/** The id that stands for `:name` in a route's path. */
export function idFor(path: string, stock: Stock, deal: string): string {
  if (path.startsWith('/api/deals/')) return deal;
  if (path.startsWith('/api/documents/')) return stock.document;
  if (path.includes('/envelopes/')) return stock.envelope;
  if (path.startsWith('/api/alerts/')) return stock.alert;
  if (path.startsWith('/api/users/')) return stock.user;
  if (path.startsWith('/api/api-keys/')) return stock.apiKey;
  return '01990000-0000-7000-8000-000000000000';
}

function samples(stock: Stock, deal: string): Readonly<Record<string, Sample>> {
  const merchant = inventMerchant(7);
  return {
    'POST /api/deals/start': {
      json: {
        merchant: { ...merchant.start, phone: '+12125550100' },
        requested_amount_cents: 5_000_000,
        source: 'web',
      },
    },
    'POST /api/intake/answer': { json: { deal_id: deal, answers: merchant.answers, confirm: ['dba'] } },
    'POST /api/documents/bank/upload': { query: { merchant_id: stock.merchant, deal_id: deal } },
    'POST /api/deals/:id/accept': { json: { offer_id: stock.offer } },
    'POST /api/background/run': { query: { merchant_id: stock.merchant, deal_id: deal } },
    'GET /api/deals/:id/events': { query: { limit: '10', cursor: 'WzEsMl0' } },
    'GET /api/alerts': { query: { include_dismissed: 'true', deal_id: deal, limit: '10', cursor: 'WzEsMl0' } },
    'POST /api/alerts': { json: { severity: 'info', code: 'note', message: 'Look at this', deal_id: deal } },
    'POST /api/sign/send': { query: { deal_id: deal, recipient_email: 'a@example.com', force: 'false' } },
    'POST /api/sms/cherry/send': {
      json: { to: '+12125550160', body: 'Hello', deal_id: deal, category: 'transactional' },
    },
    'POST /api/sms/cherry/webhook': {
      json: {
        type: 'inbound',
        from: '+12125550161',
        text: 'HELP',
        to: '+12125550100',
        id: 'm1',
        message_id: 'm1',
        status: 'sent',
      },
    },
    'POST /api/sign/webhook': {
      json: {
        deal_id: deal,
        event_id: 'e1',
        type: 'viewed',
        event: 'envelope-sent',
        data: { envelopeId: stock.envelope, envelopeSummary: { status: 'sent', customFields: {} } },
      },
    },
    'POST /api/auth/login': { json: { email: 'nobody@example.com', password: 'not the password', mode: 'cookie' } },
    'POST /api/auth/refresh': { json: { refresh_token: 'a.b' } },
    'POST /api/auth/password': {
      json: { current_password: 'not the password', new_password: 'a kettle of green fish' },
    },
    'POST /api/auth/password-reset': { json: { email: 'nobody@example.com' } },
    'POST /api/auth/password-reset/confirm': { json: { token: 'a-token', new_password: 'a kettle of green fish' } },
    'POST /api/auth/totp': { json: { password: 'not the password' } },
    'POST /api/auth/totp/confirm': { json: { code: '123456' } },
    'POST /api/auth/totp/disable': { json: { password: 'not the password', code: '123456' } },
    'POST /api/auth/totp/login': { json: { mfa_token: 'a.token', code: '123456', recovery_code: 'abcd-efgh' } },
    'GET /api/auth/oidc/login': { query: { return_to: '/deals' } },
    'GET /api/auth/oidc/callback': { query: { code: 'a-code', state: 'a-state', iss: 'https://login.example.com' } },
    'GET /api/users': { query: { limit: '10', cursor: 'WzEsMl0' } },
    'POST /api/users': {
      json: {
        email: 'fuzz@example.com',
        name: 'A name',
        role: 'analyst',
        password: 'a kettle of green fish',
        must_change: true,
      },
    },
    'PATCH /api/users/:id': {
      json: {
        name: 'A name',
        role: 'reviewer',
        disabled: true,
        new_temporary_password: false,
        reset_second_factor: false,
      },
    },
    'GET /api/api-keys': { query: { limit: '10', cursor: 'WzEsMl0' } },
    'POST /api/api-keys': { json: { name: 'A name', role: 'analyst', expires_at: '2040-01-01T00:00:00Z' } },
  };
}

/** Members that bodies and queries have, whatever the call. */
function guess(route: Route, stock: Stock, deal: string): Sample {
  const query = { limit: '10', cursor: 'WzEsMl0', from: '2026-01-01', to: '2026-02-01', deal_id: deal, format: 'csv' };
  if (route.method === 'GET' || route.body !== 'json') return { query };
  const json = {
    name: 'A name',
    email: 'fuzz@example.com',
    role: 'analyst',
    password: 'a long enough password',
    new_password: 'another long password',
    current_password: 'not the password',
    expires_at: '2030-01-01T00:00:00Z',
    reason: 'because',
    note: 'a note',
    code: '123456',
    token: 'a-token',
    merchant_id: stock.merchant,
    deal_id: deal,
  };
  return { json, query };
}
