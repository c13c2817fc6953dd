import type { Client, Reply } from './client.ts';
import type { InventedMerchant } from './merchant.ts';

export type StatementPdf = { filename: string; pdf: Uint8Array };

/** One call of the flow and what came of it. `wrong` says what is wrong with the answer, null when nothing is. */
export type Step = { name: string; call: string; reply: Reply; wrong: string | null };

/** Thrown at the first wrong answer; the flow does not go on from there. */
export class WrongAnswer extends Error {
  readonly step: Step;

  constructor(step: Step) {
    super(`${step.name}: ${step.wrong} (${step.reply.status} ${step.reply.text.slice(0, 500)})`);
    this.name = 'WrongAnswer';
    this.step = step;
  }
}

export type FlowOptions = {
  merchant: InventedMerchant;
  statements: readonly StatementPdf[];
  /** Names the flow's calls: each step's Idempotency-Key is `{key}-{step}`, so a flow that is run again is the same flow. */
  key: string;
  onStep?: (step: Step) => void;
};

export type Flow = { dealId: string; merchantId: string; offerId: string; envelopeId: string; steps: Step[] };

/**
 * A merchant's deal from "start" to "signed", call by call without a pause, each answer checked. Throws WrongAnswer at
 * the first one that is wrong. With the mock provider it is the merchant who signs, so the provider has to be the mock.
 */
export async function runFlow(client: Client, options: FlowOptions): Promise<Flow> {
  const { merchant, statements, key } = options;
  const steps: Step[] = [];
  const step = async (
    name: string,
    method: string,
    path: string,
    call: Parameters<Client['call']>[2],
    check: (reply: Reply) => string | null,
  ): Promise<Reply> => {
    const reply = await client.call(method, path, method === 'GET' ? call : { key: `${key}-${name}`, ...call });
    const taken = {
      name,
      call: `${method} ${path}`,
      reply,
      wrong: reply.status === 200 ? check(reply) : 'the answer is not 200',
    };
    steps.push(taken);
    options.onStep?.(taken);
    if (taken.wrong !== null) throw new WrongAnswer(taken);
    return reply;
  };
  const start = await step(
    'start',
    'POST',
    '/api/deals/start',
    { json: { merchant: merchant.start, source: 'web' } },
    ({ body }) => (body.status === 'open' ? null : `the deal's status is ${body.status}, not open`),
  );
  const { deal_id: dealId, merchant_id: merchantId } = start.body;
  await step(
    'intake',
    'POST',
    '/api/intake/answer',
    { json: { deal_id: dealId, answers: merchant.answers } },
    ({ body }) =>
      body.complete === true ? null : `the intake is not complete: ${JSON.stringify(body.missing ?? body)}`,
  );
  const ids = { merchant_id: merchantId, deal_id: dealId };
  await step('upload', 'POST', '/api/documents/bank/upload', { query: ids, files: statements }, ({ body }) =>
    body.documents?.length === 3 ? null : 'there are not three documents',
  );
  await step('offers', 'POST', `/api/deals/${dealId}/offers`, {}, ({ body }) =>
    body.offers?.length === 3 ? null : `there are no three offers: ${JSON.stringify(body.reasons ?? body)}`,
  );
  const accept = await step('accept', 'POST', `/api/deals/${dealId}/accept`, { json: {} }, ({ body }) =>
    body.status === 'accepted' ? null : 'the offer is not accepted',
  );
  await step('background', 'POST', '/api/background/run', { query: ids }, ({ body }) =>
    body.status === 'OK' ? null : `the background is ${body.status}: ${JSON.stringify(body.reasons)}`,
  );
  const send = await step(
    'send',
    'POST',
    '/api/sign/send',
    { query: { deal_id: dealId, recipient_email: merchant.recipientEmail, force: 'false' } },
    ({ body }) => (body.ok === true && body.status === 'sent' ? null : 'the agreement was not sent'),
  );
  const envelopeId = send.body.envelope_id;
  await step('sign', 'POST', `/mock/envelopes/${envelopeId}/sign`, {}, () => null);
  return { dealId, merchantId, offerId: accept.body.offer.offer_id, envelopeId, steps };
}

/** Asks for the deal until it is signed; the contract gives a webhook two seconds. Throws after `timeoutMs`. */
export async function untilSigned(client: Client, dealId: string, timeoutMs = 5_000): Promise<Reply> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const reply = await client.call('GET', `/api/deals/${dealId}`);
    if (reply.body?.status === 'signed') return reply;
    if (Date.now() > deadline)
      throw new WrongAnswer({
        name: 'signed',
        call: `GET /api/deals/${dealId}`,
        reply,
        wrong: `the deal is ${reply.body?.status} after ${timeoutMs} ms, not signed`,
      });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The events a signed flow leaves, in the order in which they happened; the ones between may stand in any number. */
export const flowStory = [
  'deal.started',
  'intake.answered',
  'document.uploaded',
  'statement.analyzed',
  'offer.generated',
  'offer.accepted',
  'background.result',
  'sign.sent',
  'sign.signed',
] as const;
