import { createHash } from 'node:crypto';
import { DomainError } from '@uw-wizard/shared/errors';
import { describe, expect, test } from 'vitest';
import { readDocusign } from './docusign.ts';
import { parseDropboxSign, readDropboxSign } from './dropbox-sign.ts';
import { readNormalised } from './normalised.ts';

describe('reading a DocuSign message', () => {
  test('a completed envelope is signed; the deal in its custom fields is noted', () => {
    const message = {
      event: 'envelope-completed',
      generatedDateTime: '2026-11-21T10:00:00Z',
      data: {
        envelopeId: 'env-1',
        envelopeSummary: {
          customFields: { textCustomFields: [{ name: 'deal_id', value: 'deal-1' }], listCustomFields: [] },
        },
      },
    };
    expect(readDocusign(message)).toEqual({
      source: 'docusign',
      about: { providerEnvelopeId: 'env-1' },
      eventId: 'env-1:envelope-completed:2026-11-21T10:00:00Z',
      type: 'envelope-completed',
      status: 'signed',
      claimedDealId: 'deal-1',
      covered: true,
    });
  });

  test.each([
    ['an event of a kind unknown to us', { event: 'envelope-resent', data: { envelopeId: 'e' } }],
    ['a recipient among several', { event: 'recipient-completed', data: { envelopeId: 'e', recipientId: '1' } }],
  ])('%s moves nothing', (_name, message) => {
    expect(readDocusign(message)).toMatchObject({ about: { providerEnvelopeId: 'e' }, status: null });
  });

  test.each([
    ['without data', { event: 'envelope-completed' }],
    ['with members of other types', { event: 7, data: { envelopeId: 9, envelopeSummary: 'no' } }],
  ])('a message %s names no envelope', (_name, message) => {
    expect(readDocusign(message)).toMatchObject({ about: { providerEnvelopeId: '' } });
  });
});

describe('reading a Dropbox Sign callback', () => {
  test('what it says happened is not taken from it', () => {
    const callback = parseDropboxSign({
      event: { event_time: '1', event_type: 'signature_request_all_signed', event_hash: 'x' },
      signature_request: { signature_request_id: 'req-1', metadata: { deal_id: 'deal-1' }, is_complete: true },
    });
    expect(callback === null ? null : readDropboxSign(callback)).toMatchObject({
      about: { providerEnvelopeId: 'req-1' },
      status: null,
      claimedDealId: 'deal-1',
      covered: false,
    });
  });

  test('an account event is about no envelope', () => {
    const callback = parseDropboxSign({ event: { event_time: 1, event_type: 'callback_test', event_hash: 'x' } });
    expect(callback === null ? 'unread' : readDropboxSign(callback)).toBeNull();
  });

  test.each([null, 'text', {}, { event: { event_type: 'x' } }])('%j is no callback', (message) => {
    expect(parseDropboxSign(message)).toBeNull();
  });
});

describe('reading a normalised message', () => {
  test('without id and type it names itself by its body and says that the deal was signed', () => {
    const body = Buffer.from('{"deal_id":"d"}');
    expect(readNormalised({ deal_id: 'd' }, body)).toMatchObject({
      about: { dealId: 'd' },
      eventId: createHash('sha256').update(body).digest('hex'),
      status: 'signed',
    });
  });

  test('a type that is none of ours does nothing', () => {
    expect(readNormalised({ deal_id: 'd', type: 'reminded', event_id: 'e' }, Buffer.alloc(0))).toMatchObject({
      eventId: 'e',
      status: null,
    });
  });

  test.each([{}, { deal_id: '' }, { deal_id: ' ' }, { deal_id: 7 }, [], null, 'text'])(
    '%j names no deal',
    (message) => {
      expect(() => readNormalised(message, Buffer.alloc(0))).toThrow(DomainError);
    },
  );
});
