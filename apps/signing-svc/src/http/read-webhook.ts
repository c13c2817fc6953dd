import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '@uw-wizard/shared/errors';
import { readJson } from '@uw-wizard/shared/platform/read-json';
import { INVALID_SIGNATURE } from '../domain/errors.ts';
import { readDocusign } from '../domain/webhook/docusign.ts';
import { parseDropboxSign, readDropboxSign } from '../domain/webhook/dropbox-sign.ts';
import { readNormalised } from '../domain/webhook/normalised.ts';
import type { Report } from '../domain/webhook/report.ts';
import { isSignedByDocusign, isSignedByDropboxSign, isSignedNormalised } from '../domain/webhook/verify.ts';
import { multipartField } from './multipart-field.ts';

/** The providers' keys, several while one is rotated. An empty list verifies nothing. */
export type WebhookKeys = { readonly docusign: readonly string[]; readonly dropboxsign: readonly string[] };

/** A verified webhook, and the form it is to be answered in. `report` is null when it is about no envelope at all. */
export type Webhook = { readonly form: 'json' | 'dropboxsign'; readonly report: Report | null };

/**
 * Tells the three forms apart by the signature that verifies, and reads the body only then. Throws `invalid-signature`
 * when none does, `invalid-json` for a signed body that is none, `deal-missing` for a normalised one without a deal.
 */
export async function readWebhook(body: Buffer, headers: IncomingHttpHeaders, keys: WebhookKeys): Promise<Webhook> {
  const contentType = headers['content-type'] ?? '';
  if (/^multipart\/form-data\b/i.test(contentType)) return readMultipart(body, contentType, keys);
  if (isSignedByDocusign(body, docusignSignatures(headers), keys.docusign)) {
    return { form: 'json', report: readDocusign(readJson(body, keepable)) };
  }
  if (
    isSignedNormalised(body, textOf(headers['x-dropbox-sign-signature']), keys.dropboxsign) ||
    isSignedNormalised(body, textOf(headers['x-docusign-signature-1']), keys.docusign)
  ) {
    return { form: 'json', report: readNormalised(readJson(body, keepable), body) };
  }
  throw invalidSignature();
}

async function readMultipart(body: Buffer, contentType: string, keys: WebhookKeys): Promise<Webhook> {
  const text = await multipartField(body, contentType, 'json');
  const callback = text === null ? null : parseDropboxSign(tryJson(text));
  if (callback === null) throw invalidSignature();
  const { event_time: eventTime, event_type: eventType, event_hash: eventHash } = callback.event;
  if (!isSignedByDropboxSign({ eventTime, eventType, eventHash }, keys.dropboxsign)) throw invalidSignature();
  return { form: 'dropboxsign', report: readDropboxSign(callback) };
}

/** `X-DocuSign-Signature-1` to `-100`: one for each active key of the account. */
function docusignSignatures(headers: IncomingHttpHeaders): string[] {
  return Object.entries(headers)
    .filter(([name]) => /^x-docusign-signature-\d{1,3}$/.test(name))
    .slice(0, 100)
    .map(([, value]) => textOf(value));
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}

function tryJson(text: string): unknown {
  try {
    return readJson(Buffer.from(text), keepable);
  } catch {
    return null;
  }
}

/** PostgreSQL keeps neither U+0000 nor half a surrogate pair; a provider is answered all the same, not told to call again. */
function keepable(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\u0000', '\ufffd').toWellFormed() : value;
}

function invalidSignature(): DomainError {
  return new DomainError(
    INVALID_SIGNATURE,
    'No signature of the request verifies with a key of its provider. Nothing was changed.',
  );
}
