import { request as httpRequest } from 'node:http';
import { maxJsonDepth, maxJsonMembers } from '@uw-wizard/shared/platform/read-json';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dropboxSignKey, type Harness, person, startHarness } from './harness.ts';
import { base64, docusign, dropboxSign, hex, json } from './webhook-bodies.ts';

let house: Harness;
let desk: Awaited<ReturnType<Harness['replica']>>;

beforeAll(async () => {
  house = await startHarness();
  desk = await house.replica();
});
afterAll(() => house.stop());

describe('a webhook whose signature does not verify', () => {
  const cases: [
    string,
    (id: string, dealId: string) => { body: string | FormData; headers: Record<string, string> },
  ][] = [
    ['DocuSign: none', (id) => ({ body: docusign(id), headers: json })],
    [
      'DocuSign: of a wrong key',
      (id) => ({ body: docusign(id), headers: { ...json, 'x-docusign-signature-1': base64(docusign(id), 'wrong') } }),
    ],
    [
      'DocuSign: cut',
      (id) => ({
        body: docusign(id),
        headers: { ...json, 'x-docusign-signature-1': base64(docusign(id)).slice(0, 20) },
      }),
    ],
    [
      'DocuSign: with the key of Dropbox Sign',
      (id) => ({
        body: docusign(id),
        headers: { ...json, 'x-docusign-signature-1': base64(docusign(id), dropboxSignKey) },
      }),
    ],
    [
      'DocuSign: of another body',
      (id) => ({ body: docusign(id), headers: { ...json, 'x-docusign-signature-1': base64(docusign(uuidv7())) } }),
    ],
    [
      'DocuSign: in a header without number',
      (id) => ({ body: docusign(id), headers: { ...json, 'x-docusign-signature': base64(docusign(id)) } }),
    ],
    ['Dropbox Sign: a wrong hash', (id) => ({ body: dropboxSign(id, undefined, { hash: hex('else') }), headers: {} })],
    [
      'Dropbox Sign: a cut hash',
      (id) => ({
        body: dropboxSign(id, undefined, { hash: hex('1763719200signature_request_all_signed').slice(1) }),
        headers: {},
      }),
    ],
    [
      'Dropbox Sign: a hash outside of ASCII',
      (id) => ({ body: dropboxSign(id, undefined, { hash: 'é'.repeat(64) }), headers: {} }),
    ],
    ['Dropbox Sign: no json field', () => ({ body: new FormData(), headers: {} })],
    [
      'Dropbox Sign: broken multipart',
      () => ({ body: 'nothing', headers: { 'content-type': 'multipart/form-data; boundary=x' } }),
    ],
    ['normalised: none', (_id, deal) => ({ body: JSON.stringify({ deal_id: deal }), headers: json })],
    [
      'normalised: empty',
      (_id, deal) => ({
        body: JSON.stringify({ deal_id: deal }),
        headers: { ...json, 'x-dropbox-sign-signature': '' },
      }),
    ],
    [
      'normalised: cut',
      (_id, deal) => ({
        body: JSON.stringify({ deal_id: deal }),
        headers: { ...json, 'x-dropbox-sign-signature': hex(JSON.stringify({ deal_id: deal })).slice(0, 63) },
      }),
    ],
    [
      'normalised: of the other provider',
      (_id, deal) => ({
        body: JSON.stringify({ deal_id: deal }),
        headers: { ...json, 'x-docusign-signature-1': hex(JSON.stringify({ deal_id: deal })) },
      }),
    ],
  ];
  test.each(cases)('%s: 401, and nothing changes', async (_name, make) => {
    const { deal, id } = await house.sentDeal(desk);
    const { body, headers } = make(id, deal.dealId);
    const answer = await desk.webhook(body, headers);
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid-signature']);
    expect((await house.envelopeOf(deal))?.state).toBe('sent');
    expect(await house.db.query('SELECT 1 FROM webhook_events WHERE target = $1', [id])).toEqual([]);
  });

  test.each(['x-docusign-signature-1', 'x-dropbox-sign-signature'])(
    'bytes outside of ASCII in %s: 401, and nothing changes',
    async (name) => {
      const { deal, id } = await house.sentDeal(desk);
      const body = docusign(id);
      const headers = { ...(await desk.headers({ kind: 'provider', sub: 'provider', rid: uuidv7() })), ...json };
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const call = httpRequest(`${desk.baseUrl}/api/sign/webhook`, { method: 'POST' }, (res) => {
          res.resume();
          resolve(res.statusCode);
        });
        call.on('error', reject);
        for (const [header, value] of Object.entries(headers)) call.setHeader(header, value);
        call.setHeader(name, Buffer.from('ÿþé'.repeat(15), 'latin1').toString('latin1'));
        call.end(body);
      });
      expect(status).toBe(401);
      expect((await house.envelopeOf(deal))?.state).toBe('sent');
    },
  );

  test('without any key for a provider nothing of it verifies, not even a signature with an empty key', async () => {
    const bare = await startHarness({ dropboxsignWebhookSecrets: [] });
    try {
      const only = await bare.replica();
      const deal = bare.addDeal();
      await only.send(deal, 'jane@merchant.example');
      const body = JSON.stringify({ deal_id: deal.dealId });
      const answer = await only.webhook(body, { ...json, 'x-dropbox-sign-signature': hex(body, '') });
      expect([answer.status, answer.body.code]).toEqual([401, 'invalid-signature']);
    } finally {
      await bare.stop();
    }
  });
});

test.each([
  ['deeper', `${'['.repeat(maxJsonDepth)}${']'.repeat(maxJsonDepth)}`],
  ['of more members', JSON.stringify(Array(maxJsonMembers).fill(0))],
])('a signed body %s than a body of ours may be is refused, and nothing changes', async (_how, more) => {
  const { deal, id } = await house.sentDeal(desk);
  const padded = (body: string) => body.replace('{', `{"more": ${more}, `);
  const docusigns = padded(docusign(id));
  const normalised = padded(JSON.stringify({ deal_id: deal.dealId }));
  const answers = [
    await desk.webhook(docusigns, { ...json, 'x-docusign-signature-1': base64(docusigns) }),
    await desk.webhook(normalised, { ...json, 'x-dropbox-sign-signature': hex(normalised) }),
  ];
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(Array(2).fill([400, 'invalid-json']));
  const form = dropboxSign(id);
  form.set('json', padded(String(form.get('json'))));
  const callback = await desk.webhook(form, {});
  expect([callback.status, callback.body.code]).toEqual([401, 'invalid-signature']);
  expect((await house.envelopeOf(deal))?.state).toBe('sent');
});

test('only a provider calls the webhook, and only the gateway says who is one', async () => {
  const body = docusign(uuidv7());
  const answer = await desk.call('POST', '/api/sign/webhook', person('demo', 'admin'), { body, headers: json });
  expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
});
