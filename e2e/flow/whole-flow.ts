import type { Client, Reply } from './client.ts';
import { flowCalls, type Known } from './flow-calls.ts';
import type { PreparedFlow } from './many-flows.ts';
import { makeCall, type Step, untilSigned, WrongAnswer } from './steps.ts';
import { untilTold } from './timeline.ts';

/** An answer that was given, and how to make the same call once more. */
export type Given = { name: string; make: () => Promise<Reply>; reply: Reply };

/**
 * A merchant's deal from "start" to a signed deal whose owner got a text and whose timeline tells the whole story, under
 * keys that begin with `key`. `settleMs` is how long it may take to show. Throws WrongAnswer at the first wrong one.
 */
export async function runWholeFlow(
  client: Client,
  {
    flow,
    key,
    settleMs,
    onGiven,
  }: { flow: PreparedFlow; key: string; settleMs: number; onGiven?: (given: Given) => void },
): Promise<{ known: Known; given: Given[] }> {
  const known: Known = { dealId: '', merchantId: '', offerId: '', envelopeId: '' };
  const given: Given[] = [];
  const take = async (name: string, make: () => Promise<Step>) => {
    const step = await make();
    if (step.wrong !== null) throw new WrongAnswer(step);
    const one = { name, reply: step.reply, make: async () => (await make()).reply };
    given.push(one);
    onGiven?.(one);
    return step.reply;
  };
  for (const call of flowCalls(flow)) {
    const knownThen = { ...known };
    const make = () => makeCall(client, call, { known: knownThen, key: `${key}-${call.name}` });
    const reply = await take(call.name, make);
    Object.assign(known, call.learn?.(reply));
  }
  await untilSigned(client, known.dealId, settleMs);
  await take('text', async () => {
    const json = { to: flow.merchant.answers.owner_phone, body: 'Your agreement is signed.', deal_id: known.dealId };
    const reply = await client.call('POST', '/api/sms/cherry/send', { key: `${key}-text`, json });
    const wrong = reply.status === 200 && reply.body.status === 'sent' ? null : 'the text was not sent';
    return { name: 'text', call: 'POST /api/sms/cherry/send', reply, wrong };
  });
  await untilTold(client, known.dealId, settleMs);
  return { known, given };
}
