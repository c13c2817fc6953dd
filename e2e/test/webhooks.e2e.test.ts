import { createHmac, randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { describe, expect, test } from 'vitest';
import type { CallOptions, Reply } from '../flow/client.ts';
import { runFlow, untilSigned } from '../flow/steps.ts';
import { factsUnderWay } from '../house/settled.ts';
import { houseOfFile, newMerchant } from './house-of-file.ts';
import { oneField } from './multipart.ts';

const here = houseOfFile();

/** A provider has neither credential nor tenant nor key. */
const asProvider = { authorization: null, 'x-tenant-id': null };

type SentDeal = { dealId: string; envelopeId: string; atProvider: string };

async function sendDeal(): Promise<SentDeal> {
  const { client } = here.house;
  const { dealId, envelopeId } = await runFlow(client, { ...(await newMerchant()), upTo: 'send' });
  const { body } = await client.call('GET', `/api/sign/envelopes/${envelopeId}`);
  return { dealId, envelopeId, atProvider: body.provider_envelope_id };
}

function post(path: string, options: CallOptions): Promise<Reply> {
  return here.house.client.call('POST', path, {
    key: null,
    ...options,
    headers: { ...asProvider, ...options.headers },
  });
}

const hmac = (key: string, text: string, encoding: 'hex' | 'base64') =>
  createHmac('sha256', key).update(text).digest(encoding);

/** How a form is signed: `sign` gives the signature of the body, `request` puts one into a request. */
type Form = {
  name: string;
  sign: (body: string) => string;
  body: (deal: SentDeal) => string;
  request: (body: string, signature: string | null) => CallOptions;
};

const docusign: Form = {
  name: 'DocuSign Connect',
  body: ({ atProvider }) =>
    JSON.stringify({
      event: 'envelope-completed',
      generatedDateTime: '2026-11-21T12:00:00Z',
      data: { envelopeId: atProvider, envelopeSummary: { status: 'completed' } },
    }),
  sign: (body) => hmac(here.house.credentials.docusign_webhook_secret, body, 'base64'),
  request: (body, signature) => ({
    raw: { type: 'application/json', bytes: body },
    headers: { 'x-docusign-signature-1': signature },
  }),
};

const eventTime = '1795262400';
const dropboxsign: Form = {
  name: 'Dropbox Sign',
  body: ({ atProvider, dealId }) =>
    JSON.stringify({ signature_request: { signature_request_id: atProvider, metadata: { deal_id: dealId } } }),
  sign: () =>
    hmac(here.house.credentials.dropboxsign_webhook_secret, `${eventTime}signature_request_all_signed`, 'hex'),
  request: (body, signature) => {
    const event = { event_time: eventTime, event_type: 'signature_request_all_signed', event_hash: signature };
    if (signature === null) Reflect.deleteProperty(event, 'event_hash');
    return { raw: oneField('json', JSON.stringify({ ...JSON.parse(body), event })) };
  },
};

const normalised: Form = {
  name: 'the normalised form',
  body: ({ dealId }) => JSON.stringify({ deal_id: dealId }),
  sign: (body) => hmac(here.house.credentials.dropboxsign_webhook_secret, body, 'hex'),
  request: (body, signature) => ({
    raw: { type: 'application/json', bytes: body },
    headers: { 'x-dropbox-sign-signature': signature },
  }),
};

async function pictureOf({ dealId, envelopeId }: SentDeal): Promise<unknown> {
  const { client, target } = here.house;
  await eventually(async () =>
    expect(await factsUnderWay(here.books, { tenantId: target.tenantId, dealId })).toEqual([]),
  );
  const [deal, events, envelope, alerts] = await Promise.all([
    client.call('GET', `/api/deals/${dealId}`),
    client.call('GET', `/api/deals/${dealId}/events`),
    client.call('GET', `/api/sign/envelopes/${envelopeId}`),
    client.call('GET', '/api/alerts'),
  ]);
  const kept = await here.books.query('signing', 'SELECT count(*) FROM webhook_events');
  return { deal: deal.body, events: events.body, envelope: envelope.body, alerts: alerts.body, kept };
}

describe('a webhook that nobody has signed changes nothing and is 401', () => {
  test.for([docusign, dropboxsign, normalised].map((form) => [form.name, form] as const))('%s', async ([, form]) => {
    const deal = await sendDeal();
    const before = await pictureOf(deal);
    const body = form.body(deal);
    const good = form.sign(body);
    const encoding = form === docusign ? 'base64' : 'hex';
    const bad = {
      wrong: hmac('another key', body, encoding),
      'of another body':
        form === dropboxsign ? hmac(here.house.credentials.dropboxsign_webhook_secret, '1', 'hex') : form.sign('{}'),
      missing: null,
      empty: '',
      truncated: good.slice(0, -4),
      'longer than it is': `${good}00`,
      'not ASCII': 'é'.repeat(good.length),
      'one letter of it not ASCII': `é${good.slice(1)}`,
    };
    for (const [what, signature] of Object.entries(bad)) {
      const reply = await post('/api/sign/webhook', form.request(body, signature));
      expect(reply, what).toMatchObject({ status: 401, body: { code: 'invalid-signature' } });
      expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
    expect(await pictureOf(deal)).toEqual(before);
  });
});

async function signedEventsOf(dealId: string): Promise<unknown[]> {
  const { client, target } = here.house;
  await untilSigned(client, dealId);
  await eventually(async () =>
    expect(await factsUnderWay(here.books, { tenantId: target.tenantId, dealId })).toEqual([]),
  );
  const { body } = await client.call('GET', `/api/deals/${dealId}/events`, { query: { limit: '200' } });
  return body.data.filter(({ type }: { type: string }) => type === 'sign.signed');
}

describe('a signature is told once in the timeline', () => {
  test.for([docusign, normalised].map((form) => [form.name, form] as const))(
    'when %s brings the same event ten times at once',
    async ([, form]) => {
      const deal = await sendDeal();
      const body = form.body(deal);
      const calls = Array.from({ length: 10 }, () => post('/api/sign/webhook', form.request(body, form.sign(body))));
      for (const reply of await Promise.all(calls)) expect(reply).toMatchObject({ status: 200, body: { ok: true } });
      expect(await signedEventsOf(deal.dealId)).toHaveLength(1);
    },
  );

  test('when ten events with ids of their own say so at once', async () => {
    const deal = await sendDeal();
    const bodies = Array.from({ length: 10 }, (_, at) =>
      JSON.stringify({ deal_id: deal.dealId, event_id: `event-${at}` }),
    );
    const calls = bodies.map((body) => post('/api/sign/webhook', normalised.request(body, normalised.sign(body))));
    for (const reply of await Promise.all(calls)) expect(reply).toMatchObject({ status: 200, body: { ok: true } });
    expect(await signedEventsOf(deal.dealId)).toHaveLength(1);
  });

  test('when the provider and a normalised event say so at once, in either key header', async () => {
    const deal = await sendDeal();
    const body = normalised.body(deal);
    const withDocusignKey = hmac(here.house.credentials.docusign_webhook_secret, body, 'hex');
    await Promise.all([
      here.house.client.call('POST', `/mock/envelopes/${deal.envelopeId}/sign`, { key: null }),
      post('/api/sign/webhook', normalised.request(body, normalised.sign(body))),
      post('/api/sign/webhook', docusign.request(body, withDocusignKey)),
    ]);
    expect(await signedEventsOf(deal.dealId)).toHaveLength(1);
  });
});

test('what a Dropbox Sign event says is believed only once the provider itself says so', async () => {
  const deal = await sendDeal();
  const body = dropboxsign.body(deal);
  const reply = await post('/api/sign/webhook', dropboxsign.request(body, dropboxsign.sign(body)));
  expect([reply.status, reply.text]).toEqual([200, 'Hello API Event Received']);

  await eventually(async () => {
    const unasked = await here.books.query(
      'signing',
      'SELECT 1 FROM webhook_events WHERE deal_id = $1::uuid AND due_at IS NOT NULL',
      [deal.dealId],
    );
    expect(unasked).toEqual([]);
  });
  const { client } = here.house;
  expect((await client.call('GET', `/api/deals/${deal.dealId}`)).body.status).toBe('accepted');
  expect((await client.call('GET', `/api/sign/envelopes/${deal.envelopeId}`)).body.status).toBe('sent');
});

describe('a webhook about something that is not ours', () => {
  test('is answered, matched to nothing, and told to the admins', async () => {
    const unknown = JSON.stringify({ deal_id: randomUUID() });
    const reply = await post('/api/sign/webhook', normalised.request(unknown, normalised.sign(unknown)));
    expect(reply).toMatchObject({ status: 200, body: { ok: true, matched: false } });
    await eventually(async () => {
      const { body } = await here.house.client.call('GET', '/api/alerts');
      expect(body.data.map(({ code }: { code: string }) => code)).toContainEqual(
        expect.stringMatching(/unmatched|unknown/),
      );
    });
  });

  test('is 400 when it is signed and names no deal', async () => {
    const nothing = JSON.stringify({ type: 'signed' });
    const reply = await post('/api/sign/webhook', normalised.request(nothing, normalised.sign(nothing)));
    expect(reply).toMatchObject({ status: 400, body: { code: 'deal-missing' } });
  });
});

describe('a STOP', () => {
  const receive = (from: string, text: string) =>
    post('/api/sms/cherry/webhook', { json: { type: 'inbound', from, text } });
  const send = (to: string) => here.house.client.call('POST', '/api/sms/cherry/send', { json: { to, body: 'Hello' } });

  test('is in force when its webhook has answered, and a START lifts it', async () => {
    const number = '+12125550171';
    expect((await send(number)).status).toBe(200);
    for (let times = 0; times < 2; times += 1) {
      expect(await receive(number, ' Stop. ')).toMatchObject({ status: 200, body: { ok: true, action: 'opted_out' } });
      expect(await send(number)).toMatchObject({ status: 409, body: { code: 'recipient-opted-out' } });
      expect(await receive(number, 'START')).toMatchObject({ status: 200, body: { ok: true, action: 'opted_in' } });
      expect((await send(number)).status).toBe(200);
    }
  });

  test('also wins against texts that are on their way at the same moment', async () => {
    const number = '+12125550172';
    const texts = Array.from({ length: 5 }, () => send(number));
    const stopped = await receive(number, 'STOP');
    expect(stopped.body).toEqual({ ok: true, action: 'opted_out' });
    expect(await send(number)).toMatchObject({ status: 409, body: { code: 'recipient-opted-out' } });
    for (const { status } of await Promise.all(texts)) expect([200, 409]).toContain(status);
  });
});
