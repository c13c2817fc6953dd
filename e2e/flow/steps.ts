import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Reply } from './client.ts';
import { type FlowCall, type FlowCallName, flowCalls, type Known, type StatementPdf } from './flow-calls.ts';
import type { InventedMerchant } from './merchant.ts';

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
  /** The last call that is made; `sign` by default. */
  upTo?: FlowCallName;
  onStep?: (step: Step) => void;
};

export type Flow = Known & { steps: Step[] };

/**
 * A merchant's deal from "start" to "signed" (or as far as `upTo`), call by call without a pause, each answer checked.
 * Throws WrongAnswer at the first one that is wrong. What the flow did not get to know is ''.
 */
export async function runFlow(client: Client, options: FlowOptions): Promise<Flow> {
  const known: Known = { dealId: '', merchantId: '', offerId: '', envelopeId: '' };
  const steps: Step[] = [];
  for (const call of flowCalls(options)) {
    const step = await makeCall(client, call, { known, key: `${options.key}-${call.name}` });
    steps.push(step);
    options.onStep?.(step);
    if (step.wrong !== null) throw new WrongAnswer(step);
    Object.assign(known, call.learn?.(step.reply));
    if (call.name === options.upTo) break;
  }
  return { ...known, steps };
}

/** Makes one call of the flow under `key` and looks at its answer. */
export async function makeCall(
  client: Client,
  call: FlowCall,
  { known, key }: { known: Known; key: string },
): Promise<Step> {
  const { method, path, options } = call.request(known);
  const reply = await client.call(method, path, { key, ...options });
  const wrong = reply.status === 200 ? call.check(reply) : 'the answer is not 200';
  return { name: call.name, call: `${method} ${path}`, reply, wrong };
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
    await sleep(50);
  }
}
