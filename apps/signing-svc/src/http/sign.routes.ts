import { pipeline } from 'node:stream/promises';
import { may } from '@uw-wizard/shared/contracts/permissions';
import type { RecordAccess } from '@uw-wizard/shared/platform/access-log';
import type { Database, SqlTx } from '@uw-wizard/shared/platform/database';
import { type Handlers, rawBodyOf, runCommand, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { validationError } from '@uw-wizard/shared/platform/problem';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { maskEmail } from '../domain/email.ts';
import type { Envelope } from '../domain/envelope.ts';
import { getEnvelope, getEnvelopeDocument } from '../usecases/get-envelope.ts';
import { type MockAction, type MoveMockDeps, moveMockEnvelope } from '../usecases/move-mock-envelope.ts';
import { type ReceiveDeps, receiveWebhook } from '../usecases/receive-webhook.ts';
import { type SendDeps, sendForSignature } from '../usecases/send-for-signature.ts';
import { readWebhook, type WebhookKeys } from './read-webhook.ts';

export type SignRoutesDeps = SendDeps &
  ReceiveDeps &
  MoveMockDeps &
  Parameters<typeof getEnvelopeDocument>[0] & {
    readonly database: Pick<Database<SqlTx>, 'pool'>;
    readonly webhookKeys: WebhookKeys;
    readonly recordAccess: RecordAccess;
    /** Told after a webhook that left something to be done. */
    readonly wake: () => void;
  };

const sendQuery = z.object({
  deal_id: z.uuid('send the id of the deal').toLowerCase(),
  recipient_email: z.email('send the e-mail address of the person who signs').max(254),
  force: z.enum(['true', 'false'], { error: 'send true or false' }).default('false'),
});

/** signing-svc's calls. */
export function signRoutes(deps: SignRoutesDeps): Handlers {
  return {
    'POST /api/sign/send': async (req, res) => {
      const query = sendQuery.safeParse(req.query);
      if (!query.success) throw validationError(query.error, '/query');
      const { deal_id: dealId, recipient_email: recipientEmail, force } = query.data;
      await runCommand(req, res, { database: deps.database, show: showSent }, (command) =>
        sendForSignature(deps, { command, dealId, recipientEmail, force: force === 'true' }),
      );
    },
    'POST /api/sign/webhook': async (req, res) => {
      const { form, report } = await readWebhook(rawBodyOf(req), req.headers, deps.webhookKeys);
      const received = report === null ? { matched: true } : await receiveWebhook(deps, report);
      deps.wake();
      if (form === 'dropboxsign') res.type('text/plain').send('Hello API Event Received');
      else res.json(received.matched ? { ok: true } : { ok: true, matched: false });
    },
    'GET /api/sign/envelopes/:id': async (req, res) => {
      const { tenant, role } = tenantIdentityOf(req);
      const envelope = await getEnvelope(deps, { tenantId: tenant, id: idOf(req) });
      const unmasked = may(role, 'pii.read');
      const what = { action: 'envelope.viewed_unmasked', entityType: 'envelope', entityId: envelope.id };
      if (unmasked) await deps.recordAccess(tenant, { ...what, after: { fields: 'recipient_email' } });
      res.json(showEnvelope(envelope, unmasked));
    },
    'GET /api/sign/envelopes/:id/content': (req, res) => sendDocument(deps, req, res),
    'POST /mock/envelopes/:id/sign': (req, res) => moveMock(deps, req, res, 'sign'),
    'POST /mock/envelopes/:id/decline': (req, res) => moveMock(deps, req, res, 'decline'),
    'POST /mock/envelopes/:id/view': (req, res) => moveMock(deps, req, res, 'view'),
  };
}

async function sendDocument(deps: SignRoutesDeps, req: Request, res: Response): Promise<void> {
  const { tenant } = tenantIdentityOf(req);
  const { stream, sizeBytes, filename } = await getEnvelopeDocument(deps, { tenantId: tenant, id: idOf(req) });
  const what = { action: 'envelope.downloaded', entityType: 'envelope', entityId: idOf(req), after: { filename } };
  await deps.recordAccess(tenant, what).catch((error: unknown) => {
    stream.destroy();
    throw error;
  });
  res.set({
    'Content-Type': 'application/pdf',
    'Content-Length': String(sizeBytes),
    'Content-Disposition': `attachment; filename="${filename}"`,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, no-store',
  });
  await pipeline(stream, res);
}

async function moveMock(deps: MoveMockDeps, req: Request, res: Response, action: MockAction): Promise<void> {
  const { tenant } = tenantIdentityOf(req);
  const { envelopeId, status } = await moveMockEnvelope(deps, { tenantId: tenant, id: idOf(req), action });
  res.json({ ok: true, envelope_id: envelopeId, status });
}

/** The status is the one at the answer's time: the envelope is out. */
function showSent(envelope: Envelope) {
  return { body: { ok: true, envelope_id: envelope.id, provider: envelope.provider, status: 'sent' } };
}

function showEnvelope(envelope: Envelope, unmasked: boolean) {
  const file = (stored: Envelope['agreement']) =>
    stored === null
      ? null
      : { storage_key: stored.storageKey, checksum: stored.checksum, size_bytes: stored.sizeBytes };
  return {
    envelope_id: envelope.id,
    deal_id: envelope.dealId,
    merchant_id: envelope.merchantId,
    provider: envelope.provider,
    provider_envelope_id: envelope.providerEnvelopeId,
    status: envelope.state,
    recipient_email: unmasked ? envelope.recipientEmail : maskEmail(envelope.recipientEmail),
    force: envelope.force,
    terms_hash: envelope.termsHash,
    agreement: file(envelope.agreement),
    signed_document: file(envelope.signed),
    created_at: envelope.createdAt,
    sent_at: envelope.sentAt,
    viewed_at: envelope.viewedAt,
    signed_at: envelope.signedAt,
    declined_at: envelope.declinedAt,
    voided_at: envelope.voidedAt,
  };
}

/** Our id or a provider's; what can be neither, and could not be looked up, is the id of nothing. */
function idOf(req: Request): string {
  const { id } = req.params;
  return typeof id === 'string' && /^[\x21-\x7e]{1,200}$/.test(id) ? id : '';
}
