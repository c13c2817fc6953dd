import { createLogger } from '@uw-wizard/shared/platform/logger';
import { openTestBus } from '@uw-wizard/testkit/bus';
import { eventually } from '@uw-wizard/testkit/eventually';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, person, startHarness } from './harness.ts';

let house: Harness;
let desk: Awaited<ReturnType<Harness['replica']>>;

beforeAll(async () => {
  house = await startHarness();
  desk = await house.replica();
});
afterAll(() => house.stop());

const jane = 'jane@merchant.example';

describe('sending an agreement for signature', () => {
  test('an accepted deal is sent once, and says so to the desk and to the timeline', async () => {
    const deal = house.addDeal();
    const answer = await desk.send(deal, jane);
    expect(answer.status).toBe(200);
    const envelope = await house.envelopeOf(deal);
    expect(answer.body).toEqual({ ok: true, envelope_id: envelope?.id, provider: 'mock', status: 'sent' });
    expect(await house.ledgerCount(deal)).toBe(1);
    expect(await house.facts('sign.sent', deal.dealId)).toMatchObject([
      {
        tenantId: 'demo',
        data: { to: 'j***@merchant.example', force: false, envelope_id: envelope?.id, provider: 'mock' },
      },
    ]);
  });

  test.each([
    ['no deal', 'recipient_email=jane@merchant.example', ['#/query/deal_id']],
    ['a deal that is no id', 'deal_id=7&recipient_email=jane@merchant.example', ['#/query/deal_id']],
    ['a recipient that is no address', `deal_id=${uuidv7()}&recipient_email=jane`, ['#/query/recipient_email']],
    ['neither', 'force=perhaps', ['#/query/deal_id', '#/query/recipient_email', '#/query/force']],
    [
      'two recipients',
      `deal_id=${uuidv7()}&recipient_email=a@b.example&recipient_email=c@d.example`,
      ['#/query/recipient_email'],
    ],
  ])('a request with %s is refused with every bad field named', async (_name, query, pointers) => {
    const answer = await desk.call('POST', `/api/sign/send?${query}`, person('demo'));
    expect([answer.status, answer.body.code]).toEqual([422, 'validation-failed']);
    expect(answer.body.errors).toMatchObject(pointers.map((pointer) => ({ pointer })));
  });

  test.each([
    ['deal-not-accepted', 409],
    ['background-missing', 400],
    ['background-not-ok', 400],
  ])('a deal whose owner says %s is not sent, and can be sent once it says yes', async (code, status) => {
    const deal = house.addDeal('demo', { refusal: { code, status } });
    const refused = await desk.send(deal, jane);
    expect([refused.status, refused.body.code]).toEqual([status, code]);
    expect([await house.envelopeOf(deal), await house.ledgerCount(deal)]).toEqual([undefined, 0]);
    delete deal.refusal;
    expect((await desk.send(deal, jane)).status).toBe(200);
  });

  test('the owner is heard before an outstanding envelope is: not accepted comes before envelope outstanding', async () => {
    const deal = house.addDeal();
    await desk.send(deal, jane);
    deal.refusal = { code: 'deal-not-accepted', status: 409 };
    expect((await desk.send(deal, 'joe@merchant.example')).body.code).toBe('deal-not-accepted');
  });

  test('a reviewer may send in spite of the background, an analyst may not, and the event tells', async () => {
    const deal = house.addDeal('demo', { refusal: { code: 'background-not-ok', status: 400 } });
    const analyst = await desk.send(deal, jane, { force: true });
    expect([analyst.status, analyst.body.code]).toEqual([403, 'forbidden']);
    expect((await desk.send(deal, jane, { force: true, role: 'reviewer' })).status).toBe(200);
    expect(await house.facts('sign.sent', deal.dealId)).toMatchObject([{ data: { force: true } }]);
    const forced = (await house.facts('audit.recorded')).filter(({ data }) =>
      JSON.stringify(data).includes('signature.forced'),
    );
    expect(forced).toMatchObject([
      {
        data: {
          actor: { kind: 'key', role: 'reviewer' },
          entries: [
            { entity_type: 'envelope', after: { deal_id: deal.dealId, force: true, recipient_email: '[masked]' } },
          ],
        },
      },
    ]);
  });

  test('a deal that nobody knows leaves nothing behind', async () => {
    const deal = { tenantId: 'demo', dealId: uuidv7(), merchantId: uuidv7(), asked: 0 };
    const answer = await desk.send(deal, jane);
    expect([answer.status, answer.body.code]).toEqual([404, 'deal-not-found']);
    expect(await house.db.query('SELECT 1 FROM envelope_slots WHERE deal_id = $1', [deal.dealId])).toEqual([]);
  });

  test('when the owner is silent nothing is sent, and the caller may try again', async () => {
    const lonely = await startHarness();
    try {
      const bus = await openTestBus('signing-svc', createLogger({ service: 'signing-svc', level: 'silent' }));
      const cut = await lonely.replica({ bus });
      const answer = await cut.send(lonely.addDeal(), jane);
      expect([answer.status, answer.body.code]).toEqual([503, 'owner-unavailable']);
      expect(answer.headers.get('retry-after')).toBe('1');
      await cut.stop();
      await bus.close();
    } finally {
      await lonely.stop();
    }
  });
});

describe('sending again', () => {
  test('the same call is answered with its first answer, to the byte, and sends nothing', async () => {
    const deal = house.addDeal();
    const key = uuidv7();
    const first = await desk.send(deal, jane, { key });
    const again = await desk.send(deal, jane, { key });
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await house.ledgerCount(deal)).toBe(1);
  });

  test('the key of another request is refused', async () => {
    const key = uuidv7();
    await desk.send(house.addDeal(), jane, { key });
    const answer = await desk.send(house.addDeal(), jane, { key });
    expect([answer.status, answer.body.code]).toEqual([422, 'idempotency-key-reused']);
  });

  test('another call for the same recipient is answered with the envelope that is out', async () => {
    const deal = house.addDeal();
    const first = await desk.send(deal, jane, { key: uuidv7() });
    const second = await desk.send(deal, 'Jane@Merchant.example', { key: uuidv7() });
    expect(second.text).toBe(first.text);
    expect(await house.ledgerCount(deal)).toBe(1);
    expect(await house.facts('sign.sent', deal.dealId)).toHaveLength(1);
  });

  test('another recipient has to wait until the envelope has ended, and then gets one of its own', async () => {
    const deal = house.addDeal();
    const first = await desk.send(deal, jane);
    const refused = await desk.send(deal, 'joe@merchant.example');
    expect([refused.status, refused.body.code]).toEqual([409, 'envelope-outstanding']);
    await desk.call('POST', `/mock/envelopes/${first.body.envelope_id}/decline`, person('demo'));
    await eventually(async () => expect((await house.envelopeOf(deal))?.state).toBe('declined'));
    const second = await desk.send(deal, 'joe@merchant.example');
    expect(second.status).toBe(200);
    expect(second.body.envelope_id).not.toBe(first.body.envelope_id);
  });

  test('ten calls at once send one envelope, and all are answered with it', async () => {
    const deal = house.addDeal();
    const answers = await Promise.all(Array.from({ length: 10 }, () => desk.send(deal, jane, { key: uuidv7() })));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await house.ledgerCount(deal)).toBe(1);
    expect(await house.facts('sign.sent', deal.dealId)).toHaveLength(1);
  });

  test('a signed deal is not sent again, even before its owner has heard of the signature', async () => {
    const deal = house.addDeal();
    const sent = await desk.send(deal, jane);
    await desk.call('POST', `/mock/envelopes/${sent.body.envelope_id}/sign`, person('demo'));
    await eventually(async () => expect((await house.envelopeOf(deal))?.state).toBe('signed'));
    const answer = await desk.send(deal, jane);
    expect([answer.status, answer.body.code]).toEqual([409, 'deal-not-accepted']);
  });
});

describe('the mock provider', () => {
  test('what the recipient signs becomes a signed envelope with its document', async () => {
    const deal = house.addDeal();
    const sent = await desk.send(deal, jane);
    const id = String(sent.body.envelope_id);
    const viewed = await desk.call('POST', `/mock/envelopes/${id}/view`, person('demo'));
    expect([viewed.status, viewed.body]).toEqual([200, { ok: true, envelope_id: id, status: 'viewed' }]);
    await eventually(async () => expect(await house.facts('sign.viewed', deal.dealId)).toHaveLength(1));
    const agreement = await desk.call('GET', `/api/sign/envelopes/${id}/content`, person('demo'));
    expect(agreement.headers.get('content-disposition')).toBe(`attachment; filename="agreement-${id}.pdf"`);

    const moved = await desk.call('POST', `/mock/envelopes/${id}/sign`, person('demo'));
    expect([moved.status, moved.body]).toEqual([200, { ok: true, envelope_id: id, status: 'signed' }]);
    await eventually(async () => {
      expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1);
      expect((await house.envelopeOf(deal))?.signed_key).toMatch(
        new RegExp(`^demo/${deal.dealId}/[0-9a-f]{64}\\.pdf$`),
      );
    });
    const shown = await desk.call('GET', `/api/sign/envelopes/${id}`, person('demo'));
    expect(shown.body).toMatchObject({ envelope_id: id, status: 'signed', recipient_email: 'j***@merchant.example' });
    const reviewed = await desk.call('GET', `/api/sign/envelopes/${id}`, person('demo', 'reviewer'));
    expect(reviewed.body).toMatchObject({ recipient_email: jane });
    const file = await desk.call('GET', `/api/sign/envelopes/${id}/content`, person('demo'));
    expect(file.headers.get('content-type')).toBe('application/pdf');
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="signed-agreement-${id}.pdf"`);
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    expect(file.text.startsWith('%PDF-')).toBe(true);
  });

  test('a webhook that is not taken is called again until it is', async () => {
    const deal = house.addDeal();
    const sent = await desk.send(deal, jane);
    house.door.refuse(1);
    await desk.call('POST', `/mock/envelopes/${sent.body.envelope_id}/sign`, person('demo'));
    await eventually(async () => expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1));
    const callbacks = () =>
      house.db.query(
        `SELECT c.attempts, c.last_answer FROM mock_callbacks c JOIN mock_envelopes e ON e.id = c.envelope_id WHERE e.deal_id = $1`,
        [deal.dealId],
      );
    await eventually(async () => expect(await callbacks()).toEqual([{ attempts: 2, last_answer: 'status 200' }]));
  });

  test('an envelope is moved by its own tenant alone, by either of its ids, until it has ended', async () => {
    const deal = house.addDeal();
    const sent = await desk.send(deal, jane);
    const id = String(sent.body.envelope_id);
    const theirs = (await house.envelopeOf(deal))?.provider_envelope_id;
    for (const path of [
      `/mock/envelopes/${id}/sign`,
      `/mock/envelopes/${theirs}/sign`,
      `/mock/envelopes/${uuidv7()}/sign`,
    ]) {
      const answer = await desk.call('POST', path, person('other'));
      expect([answer.status, answer.body.code]).toEqual([404, 'envelope-not-found']);
    }
    expect((await desk.call('POST', `/mock/envelopes/${theirs}/decline`, person('demo'))).status).toBe(200);
    const again = await desk.call('POST', `/mock/envelopes/${id}/sign`, person('demo'));
    expect([again.status, again.body.code]).toEqual([409, 'envelope-ended']);
  });

  test.each(['%00', '%00%ff', 'no-such-envelope', encodeURIComponent('\ud83d\ude00')])(
    'an envelope called %s does not exist',
    async (id) => {
      const shown = await desk.call('GET', `/api/sign/envelopes/${id}`, person('demo'));
      const moved = await desk.call('POST', `/mock/envelopes/${id}/sign`, person('demo'));
      expect([shown.status, moved.status]).toEqual([404, 404]);
    },
  );

  test('what another tenant sent does not exist', async () => {
    const sent = await desk.send(house.addDeal(), jane);
    for (const path of ['', '/content']) {
      const answer = await desk.call(
        'GET',
        `/api/sign/envelopes/${sent.body.envelope_id}${path}`,
        person('other', 'admin'),
      );
      expect([answer.status, answer.body.code]).toEqual([404, 'envelope-not-found']);
    }
  });
});
