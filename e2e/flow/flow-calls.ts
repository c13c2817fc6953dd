import type { CallOptions, Reply } from './client.ts';
import type { InventedMerchant } from './merchant.ts';

export type StatementPdf = { filename: string; pdf: Uint8Array };

/** What the answers so far have said. */
export type Known = { dealId: string; merchantId: string; offerId: string; envelopeId: string };

/** One call of the flow: how to make it from what is known by then, what is wrong with its answer, what the answer tells. */
export type FlowCall = {
  readonly name: FlowCallName;
  readonly request: (known: Known) => { method: string; path: string; options: CallOptions };
  /** What is wrong with the body of a 200; null when nothing is. */
  readonly check: (reply: Reply) => string | null;
  readonly learn?: (reply: Reply) => Partial<Known>;
};

export const flowCallNames = ['start', 'intake', 'upload', 'offers', 'accept', 'background', 'send', 'sign'] as const;
export type FlowCallName = (typeof flowCallNames)[number];

/** The calls that take a merchant's deal from "start" to "signed", in their order. */
export function flowCalls({
  merchant,
  statements,
}: {
  merchant: InventedMerchant;
  statements: readonly StatementPdf[];
}): readonly FlowCall[] {
  const post = (path: string, options: CallOptions = {}) => ({ method: 'POST', path, options });
  const ids = ({ merchantId, dealId }: Known) => ({ merchant_id: merchantId, deal_id: dealId });
  return [
    {
      name: 'start',
      request: () => post('/api/deals/start', { json: { merchant: merchant.start, source: 'web' } }),
      check: ({ body }) => (body.status === 'open' ? null : `the deal's status is ${body.status}, not open`),
      learn: ({ body }) => ({ dealId: body.deal_id, merchantId: body.merchant_id }),
    },
    {
      name: 'intake',
      request: ({ dealId }) => post('/api/intake/answer', { json: { deal_id: dealId, answers: merchant.answers } }),
      check: ({ body }) =>
        body.complete === true ? null : `the intake is not complete: ${JSON.stringify(body.missing ?? body)}`,
    },
    {
      name: 'upload',
      request: (known) => post('/api/documents/bank/upload', { query: ids(known), files: statements }),
      check: ({ body }) => (body.documents?.length === 3 ? null : 'there are not three documents'),
    },
    {
      name: 'offers',
      request: ({ dealId }) => post(`/api/deals/${dealId}/offers`),
      check: ({ body }) =>
        body.offers?.length === 3 ? null : `there are no three offers: ${JSON.stringify(body.reasons ?? body)}`,
    },
    {
      name: 'accept',
      request: ({ dealId }) => post(`/api/deals/${dealId}/accept`, { json: {} }),
      check: ({ body }) => (body.status === 'accepted' ? null : 'the offer is not accepted'),
      learn: ({ body }) => ({ offerId: body.offer.offer_id }),
    },
    {
      name: 'background',
      request: (known) => post('/api/background/run', { query: ids(known) }),
      check: ({ body }) =>
        body.status === 'OK' ? null : `the background is ${body.status}: ${JSON.stringify(body.reasons)}`,
    },
    {
      name: 'send',
      request: ({ dealId }) => {
        const query = { deal_id: dealId, recipient_email: merchant.recipientEmail, force: 'false' };
        return post('/api/sign/send', { query });
      },
      check: ({ body }) => (body.ok === true && body.status === 'sent' ? null : 'the agreement was not sent'),
      learn: ({ body }) => ({ envelopeId: body.envelope_id }),
    },
    {
      // With the mock provider it is the merchant who signs, so the provider has to be the mock. The call takes no key.
      name: 'sign',
      request: ({ envelopeId }) => post(`/mock/envelopes/${envelopeId}/sign`, { key: null }),
      check: () => null,
    },
  ];
}
