import { createHash } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { describe, expect, test } from 'vitest';
import { prepareFlows, runFlows } from '../flow/many-flows.ts';
import { runFlow, untilSigned } from '../flow/steps.ts';
import { flowStory, untilTold } from '../flow/timeline.ts';
import { censusFaults, takeCensus } from '../house/census.ts';
import { filesOnDisk } from '../house/files-on-disk.ts';
import { sequenceGaps, stillUnderWay } from '../house/settled.ts';
import { houseOfFile, newMerchant } from './house-of-file.ts';

const here = houseOfFile();

describe('a merchant who needs funding', () => {
  test('goes from start to a signed agreement in eight calls, signed within two seconds of the signature', async () => {
    const { client } = here.house;
    const flow = await runFlow(client, await newMerchant());
    const { body: deal } = await untilSigned(client, flow.dealId, 2_000);

    expect(deal).toMatchObject({
      deal_id: flow.dealId,
      merchant_id: flow.merchantId,
      status: 'signed',
      background_status: 'OK',
      envelope_id: flow.envelopeId,
      statement_months: 3,
      statements_reconciled: true,
      accepted_offer: { offer_id: flow.offerId, recommended: true },
      signed_at: expect.any(String),
    });
  });

  test('gets back the very files that were uploaded, as attachments', async () => {
    const { client } = here.house;
    const { statements, ...merchant } = await newMerchant();
    const { dealId } = await runFlow(client, { ...merchant, statements, upTo: 'upload' });

    const { body } = await client.call('GET', `/api/deals/${dealId}/documents`);
    expect(body.data).toHaveLength(3);
    for (const [at, { filename, pdf }] of statements.entries()) {
      const document = body.data[at];
      const checksum = createHash('sha256').update(pdf).digest('hex');
      expect(document).toMatchObject({ filename, checksum, size_bytes: pdf.length, bucket: 'local' });
      expect(document.storage_key).toBe(`${here.house.target.tenantId}/${dealId}/${checksum}.pdf`);
      const content = await client.call('GET', `/api/documents/${document.document_id}/content`);
      expect(content.status).toBe(200);
      expect(content.bytes.equals(pdf)).toBe(true);
      expect(content.headers.get('content-type')).toBe('application/pdf');
      expect(content.headers.get('content-disposition')).toMatch(/^attachment/);
      expect(content.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test("has statements read to the cent, and offers whose payments add up to each offer's payback", async () => {
    const { client } = here.house;
    const { steps } = await runFlow(client, { ...(await newMerchant()), upTo: 'offers' });
    const answerOf = (name: string) => steps.find((step) => step.name === name)?.reply.body;

    for (const { statement } of answerOf('upload').documents) {
      const { beginning_balance_cents: begin, deposits_cents: deposits, withdrawals_cents: withdrawals } = statement;
      expect(statement).toMatchObject({ reconciled: true, ending_balance_cents: begin + deposits - withdrawals });
    }
    const { offers } = answerOf('offers');
    expect(offers.filter((offer: { recommended: boolean }) => offer.recommended)).toHaveLength(1);
    for (const offer of offers) {
      const { payment_amount_cents: payment, payment_count: times, last_payment_amount_cents: last } = offer;
      expect(payment * (times - 1) + last).toBe(offer.payback_amount_cents);
    }
  });

  test('leaves one of everything, and a timeline in the order in which things followed from each other', async () => {
    const { client, dataDir, target } = here.house;
    const flow = await newMerchant();
    const { dealId } = await runFlow(client, flow);
    await untilSigned(client, dealId);
    const text = { to: flow.merchant.answers.owner_phone, body: 'Thank you!', deal_id: dealId };
    const sent = await client.call('POST', '/api/sms/cherry/send', { json: text });
    expect(sent.body).toMatchObject({ status: 'sent', to: text.to, body: 'Thank you!\nReply STOP to opt out.' });

    const { body } = await untilTold(client, dealId);
    const told: { type: string; time: string }[] = body.data.toReversed();
    const times = flowStory.map((type) => told.findLast((event) => event.type === type)?.time ?? '');
    expect(times).toEqual(times.toSorted());
    expect(new Set(times).size).toBe(times.length);

    const { tenantId } = target;
    await eventually(async () => expect(await stillUnderWay(here.books, { tenantId, dealId })).toEqual([]));
    const census = await takeCensus(here.books, {
      tenantId,
      legalName: flow.merchant.legalName,
      countFiles: filesOnDisk(dataDir),
    });
    expect(censusFaults(census)).toEqual([]);
    expect(await sequenceGaps(here.books, { tenantId, dealId })).toEqual([]);
  });

  test('has the signed agreement kept as a PDF', async () => {
    const { client } = here.house;
    const { dealId, envelopeId } = await runFlow(client, await newMerchant());
    await untilSigned(client, dealId);

    const envelope = await eventually(async () => {
      const { body } = await client.call('GET', `/api/sign/envelopes/${envelopeId}`);
      expect(body).toMatchObject({ status: 'signed', signed_document: { checksum: expect.any(String) } });
      return body;
    });
    const content = await client.call('GET', `/api/sign/envelopes/${envelopeId}/content`);
    expect(content.text.startsWith('%PDF-')).toBe(true);
    expect(createHash('sha256').update(content.bytes).digest('hex')).toBe(envelope.signed_document.checksum);
  });
});

test('forty merchants, ten at a time and without a pause, all sign, each with a timeline in order', async () => {
  const flows = await prepareFlows({ count: 40, firstSeed: 1_000 });
  const ran = await runFlows(here.house.client, { flows, atOnce: 10, key: 'forty' });
  expect(ran.flows).toBe(40);
});
