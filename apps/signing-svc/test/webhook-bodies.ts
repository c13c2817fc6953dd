import { createHmac } from 'node:crypto';
import { docusignKey, dropboxSignKey } from './harness.ts';

export const json = { 'content-type': 'application/json' };

/** DocuSign's signature, base64. */
export const base64 = (body: string, key = docusignKey) => createHmac('sha256', key).update(body).digest('base64');

/** Dropbox Sign's and the normalised form's, hex. */
export const hex = (body: string, key = dropboxSignKey) => createHmac('sha256', key).update(body).digest('hex');

/** A DocuSign Connect message about an envelope. */
export function docusign(
  envelopeId: string,
  event = 'envelope-completed',
  more: { dealId?: string; at?: string } = {},
) {
  const customFields = { textCustomFields: [{ name: 'deal_id', value: more.dealId }], listCustomFields: [] };
  return JSON.stringify({
    event,
    generatedDateTime: more.at ?? '2026-11-21T10:00:00Z',
    data: { envelopeId, ...(more.dealId === undefined ? {} : { envelopeSummary: { customFields } }) },
  });
}

/** A Dropbox Sign callback about a request, or about the account. */
export function dropboxSign(
  id: string | null,
  type = 'signature_request_all_signed',
  more: { dealId?: string; hash?: string } = {},
) {
  const time = '1763719200';
  const form = new FormData();
  const request = {
    signature_request_id: id,
    metadata: { ...(more.dealId === undefined ? {} : { deal_id: more.dealId }) },
  };
  const event = { event_time: time, event_type: type, event_hash: more.hash ?? hex(time + type) };
  form.set('json', JSON.stringify({ event, ...(id === null ? {} : { signature_request: request }) }));
  return form;
}
