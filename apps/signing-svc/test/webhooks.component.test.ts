import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { eventually } from '@uw-wizard/testkit/eventually';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { docusignKey, dropboxSignKey, type FakeDeal, type Harness, person, startHarness } from './harness.ts';

let house: Harness;
let desk: Awaited<ReturnType<Harness['replica']>>;

beforeAll(async () => {
  house = await startHarness();
  desk = await house.replica();
});
afterAll(() => house.stop());

async function sentDeal(tenantId = 'demo'): Promise<{ deal: FakeDeal; id: string; providerId: string }> {
  const deal = house.addDeal(tenantId);
  const sent = await desk.send(deal, 'jane@merchant.example');
  expect(sent.status).toBe(200);
  const envelope = await house.envelopeOf(deal);
  return { deal, id: String(sent.body.envelope_id), providerId: String(envelope?.provider_envelope_id) };
}

function docusign(envelopeId: string, event = 'envelope-completed', more: { dealId?: string; at?: string } = {}) {
  const customFields = { textCustomFields: [{ name: 'deal_id', value: more.dealId }], listCustomFields: [] };
  return JSON.stringify({
    event,
    generatedDateTime: more.at ?? '2026-11-21T10:00:00Z',
    data: { envelopeId, ...(more.dealId === undefined ? {} : { envelopeSummary: { customFields } }) },
  });
}
const base64 = (body: string, key = docusignKey) => createHmac('sha256', key).update(body).digest('base64');
const hex = (body: string, key = dropboxSignKey) => createHmac('sha256', key).update(body).digest('hex');
const json = { 'content-type': 'application/json' };

function dropboxSign(
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

const alertsOf = async (tenantId: string, code: string) =>
  (await house.facts('sign.alerted')).filter((fact) => fact.tenantId === tenantId && fact.data.code === code);

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
    const { deal, id } = await sentDeal();
    const { body, headers } = make(id, deal.dealId);
    const answer = await desk.webhook(body, headers);
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid-signature']);
    expect((await house.envelopeOf(deal))?.state).toBe('sent');
    expect(await house.db.query('SELECT 1 FROM webhook_events WHERE target = $1', [id])).toEqual([]);
  });

  test.each(['x-docusign-signature-1', 'x-dropbox-sign-signature'])(
    'bytes outside of ASCII in %s: 401, and nothing changes',
    async (name) => {
      const { deal, id } = await sentDeal();
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

describe('DocuSign Connect', () => {
  test('a completed envelope is signed, by its own or by our id, with any of the keys in any of the headers', async () => {
    const { deal, providerId } = await sentDeal();
    const body = docusign(providerId, 'envelope-completed', { dealId: deal.dealId });
    const headers = {
      ...json,
      'x-docusign-signature-1': 'of another key',
      'x-docusign-signature-2': base64(body, 'an older key'),
    };
    const answer = await desk.webhook(body, headers);
    expect([answer.status, answer.body]).toEqual([200, { ok: true }]);
    const { id } = { id: (await house.envelopeOf(deal))?.id };
    expect(await house.facts('sign.signed', deal.dealId)).toMatchObject([
      {
        tenantId: 'demo',
        data: { envelope_id: id, provider: 'mock', event_id: `${providerId}:envelope-completed:2026-11-21T10:00:00Z` },
      },
    ]);
    const other = await sentDeal();
    const byOurs = docusign(other.id);
    await desk.webhook(byOurs, { ...json, 'x-docusign-signature-1': base64(byOurs) });
    expect((await house.envelopeOf(other.deal))?.state).toBe('signed');
  });

  test.each([
    ['envelope-delivered', 'viewed'],
    ['envelope-declined', 'declined'],
    ['envelope-voided', 'voided'],
    ['envelope-resent', 'sent'],
  ])('%s leaves the envelope %s', async (event, state) => {
    const { deal, providerId } = await sentDeal();
    const body = docusign(providerId, event);
    expect((await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) })).status).toBe(200);
    expect((await house.envelopeOf(deal))?.state).toBe(state);
  });

  test('a message that names another deal changes nothing and is a matter for people', async () => {
    const { deal, id, providerId } = await sentDeal();
    const body = docusign(providerId, 'envelope-completed', { dealId: uuidv7() });
    const answer = await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
    expect([answer.status, answer.body.ok]).toEqual([200, true]);
    expect((await house.envelopeOf(deal))?.state).toBe('sent');
    const alerts = await alertsOf('demo', 'webhook-disagrees');
    expect(alerts).toMatchObject([
      { subject: deal.dealId, data: { severity: 'critical', message: expect.stringContaining(id) } },
    ]);
  });

  test('an envelope that nobody sent is answered, not matched, and told to the bootstrap tenant once', async () => {
    const before = (await alertsOf('bootstrap', 'webhook-unmatched')).length;
    const body = docusign(uuidv7());
    for (const _ of [1, 2]) {
      const answer = await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
      expect([answer.status, answer.body]).toEqual([200, { ok: true, matched: false }]);
    }
    expect(await alertsOf('bootstrap', 'webhook-unmatched')).toHaveLength(before + 1);
  });

  test('a signed body that is no JSON is told so', async () => {
    const answer = await desk.webhook('{', { ...json, 'x-docusign-signature-1': base64('{') });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid-json']);
  });

  test('the same event ten times at once, and ten events more, are one signature', async () => {
    const { deal, providerId } = await sentDeal();
    const bodies = [
      ...Array.from({ length: 10 }, () => docusign(providerId)),
      ...Array.from({ length: 10 }, (_, n) =>
        docusign(providerId, 'envelope-completed', { at: `2026-11-21T10:00:${10 + n}Z` }),
      ),
    ];
    const answers = await Promise.all(
      bodies.map((body) => desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) })),
    );
    expect(answers.map(({ status, body }) => [status, body])).toEqual(bodies.map(() => [200, { ok: true }]));
    expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1);
  });

  test('a view that arrives after the signature changes nothing', async () => {
    const { deal, providerId } = await sentDeal();
    for (const event of ['envelope-completed', 'envelope-delivered']) {
      const body = docusign(providerId, event);
      await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
    }
    expect((await house.envelopeOf(deal))?.state).toBe('signed');
    expect(await house.facts('sign.viewed', deal.dealId)).toEqual([]);
  });

  test('a signature after the recipient declined is kept, and people are told', async () => {
    const { deal, providerId } = await sentDeal();
    for (const event of ['envelope-declined', 'envelope-completed']) {
      const body = docusign(providerId, event);
      await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
    }
    expect((await house.envelopeOf(deal))?.state).toBe('signed');
    expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1);
    expect(await house.facts('sign.alerted', deal.dealId)).toMatchObject([
      { data: { severity: 'critical', code: 'signed-after-end' } },
    ]);
  });
});

describe('Dropbox Sign', () => {
  const greeting = 'Hello API Event Received';

  test('a callback is only a hint: the envelope moves once the provider itself says so', async () => {
    const { deal, providerId } = await sentDeal();
    const forged = await desk.webhook(dropboxSign(providerId), {});
    expect([forged.status, forged.text, forged.headers.get('content-type')]).toEqual([
      200,
      greeting,
      'text/plain; charset=utf-8',
    ]);
    await eventually(async () =>
      expect(
        await house.db.query('SELECT settled_at IS NOT NULL AS asked FROM webhook_events WHERE deal_id = $1', [
          deal.dealId,
        ]),
      ).toEqual([{ asked: true }]),
    );
    expect((await house.envelopeOf(deal))?.state).toBe('sent');

    await house.db.query(`UPDATE mock_envelopes SET status = 'completed' WHERE id = $1`, [providerId]);
    await desk.webhook(dropboxSign(providerId, 'signature_request_downloadable'), {});
    await eventually(async () => expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1));
  });

  test('a callback that names another deal changes nothing, and the provider is not even asked', async () => {
    const { deal, providerId } = await sentDeal();
    await house.db.query(`UPDATE mock_envelopes SET status = 'completed' WHERE id = $1`, [providerId]);
    const answer = await desk.webhook(dropboxSign(providerId, undefined, { dealId: uuidv7() }), {});
    expect([answer.status, answer.text]).toEqual([200, greeting]);
    expect(await house.facts('sign.alerted', deal.dealId)).toMatchObject([{ data: { code: 'webhook-disagrees' } }]);
    expect(await house.db.query('SELECT due_at FROM webhook_events WHERE deal_id = $1', [deal.dealId])).toEqual([
      { due_at: null },
    ]);
  });

  test.each([
    ['an unknown request', () => dropboxSign(uuidv7())],
    ['an account event', () => dropboxSign(null, 'callback_test')],
  ])('%s gets the text that Dropbox Sign waits for', async (_name, make) => {
    const answer = await desk.webhook(make(), {});
    expect([answer.status, answer.text]).toEqual([200, greeting]);
  });
});

describe('the normalised form', () => {
  const signed = (body: string) => ({ ...json, 'x-dropbox-sign-signature': hex(body) });

  test('a deal is signed, once, whatever the events are called', async () => {
    const { deal } = await sentDeal();
    const bodies = Array.from({ length: 10 }, (_, n) =>
      JSON.stringify({ deal_id: deal.dealId, event_id: `event-${n}` }),
    );
    const answers = await Promise.all(bodies.map((body) => desk.webhook(body, signed(body))));
    expect(answers.map(({ body }) => body)).toEqual(bodies.map(() => ({ ok: true })));
    expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1);
  });

  test('the DocuSign key signs it too, and spaces around it do not matter', async () => {
    const { deal } = await sentDeal();
    const body = JSON.stringify({ deal_id: deal.dealId, type: 'viewed' });
    const answer = await desk.webhook(`\n ${body}\n`, { ...json, 'x-docusign-signature-1': hex(body, docusignKey) });
    expect([answer.status, answer.body]).toEqual([200, { ok: true }]);
    expect((await house.envelopeOf(deal))?.state).toBe('viewed');
  });

  test('a type that is none of ours is answered and ignored', async () => {
    const { deal } = await sentDeal();
    const body = JSON.stringify({ deal_id: deal.dealId, type: 'reminded' });
    expect((await desk.webhook(body, signed(body))).body).toEqual({ ok: true });
    expect((await house.envelopeOf(deal))?.state).toBe('sent');
  });

  test('a body without a deal is refused', async () => {
    const body = JSON.stringify({ event_id: 'x' });
    const answer = await desk.webhook(body, signed(body));
    expect([answer.status, answer.body.code]).toEqual([400, 'deal-missing']);
  });

  test.each([
    ['a deal that nobody knows', async () => uuidv7()],
    ['a deal that was never sent', async () => house.addDeal().dealId],
    ['a deal that is no id', async () => 'deal-7'],
  ])('%s is not matched, and told to the bootstrap tenant', async (_name, dealId) => {
    const before = (await alertsOf('bootstrap', 'webhook-unmatched')).length;
    const body = JSON.stringify({ deal_id: await dealId() });
    const answer = await desk.webhook(body, signed(body));
    expect([answer.status, answer.body]).toEqual([200, { ok: true, matched: false }]);
    expect(await alertsOf('bootstrap', 'webhook-unmatched')).toHaveLength(before + 1);
  });

  test('one event id for two deals is two events', async () => {
    const deals = [await sentDeal(), await sentDeal('other')];
    for (const { deal } of deals) {
      const body = JSON.stringify({ deal_id: deal.dealId, event_id: 'the-same' });
      await desk.webhook(body, signed(body));
      expect(await house.facts('sign.signed', deal.dealId)).toMatchObject([{ tenantId: deal.tenantId }]);
    }
  });

  test('a deal id that two tenants have sent names neither', async () => {
    const mine = await sentDeal();
    const theirs = house.addDeal('other', { dealId: mine.deal.dealId });
    await desk.send(theirs, 'jane@merchant.example');
    const body = JSON.stringify({ deal_id: mine.deal.dealId });
    expect((await desk.webhook(body, signed(body))).body).toEqual({ ok: true, matched: false });
    expect(await house.facts('sign.signed', mine.deal.dealId)).toEqual([]);
  });
});

test('only a provider calls the webhook, and only the gateway says who is one', async () => {
  const body = docusign(uuidv7());
  const answer = await desk.call('POST', '/api/sign/webhook', person('demo', 'admin'), { body, headers: json });
  expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
});
