import { setTimeout as sleep } from 'node:timers/promises';
import { generateStatements } from '@uw-wizard/testkit/statements/generate-statements';
import type { Client } from './client.ts';
import type { StatementPdf } from './flow-calls.ts';
import { type InventedMerchant, inventMerchant } from './merchant.ts';
import { runFlow, untilSigned } from './steps.ts';
import { untilTold } from './timeline.ts';

export type PreparedFlow = { merchant: InventedMerchant; statements: readonly StatementPdf[] };

/** How long one step took, in milliseconds, in each of the flows. */
export type StepTimes = ReadonlyMap<string, readonly number[]>;

export type ManyFlows = { flows: number; tookMs: number; steps: StepTimes };

/** Invents merchants number `firstSeed` and following, with their statements: no part of what is measured. */
export async function prepareFlows(options: {
  count: number;
  firstSeed: number;
  /** Statements of one page each; of two, as a rule, when absent. */
  onePage?: boolean;
  onPrepared?: (done: number) => void;
}): Promise<PreparedFlow[]> {
  const { onePage = false } = options;
  const prepared: PreparedFlow[] = [];
  for (let at = 0; at < options.count; at += 1) {
    const seed = options.firstSeed + at;
    const merchant = inventMerchant(seed);
    const statements = await generateStatements({ seed, legalName: merchant.legalName, onePage });
    prepared.push({ merchant, statements: statements.map(({ filename, pdf }) => ({ filename, pdf })) });
    options.onPrepared?.(at + 1);
  }
  return prepared;
}

/**
 * Runs all flows, `atOnce` at a time, each from the start to the merchant's signature, after which the next one begins; and
 * sees that each deal is signed and its timeline tells the whole story in its order, which all of the time includes. Throws
 * the first WrongAnswer; the flows under way then end and no other is begun. `flow` in the times is a flow's calls, `signed`
 * and `timeline` what it took from the signature on until the deal and its timeline showed it when they were looked at.
 */
export async function runFlows(
  client: Client,
  options: {
    flows: readonly PreparedFlow[];
    atOnce: number;
    key: string;
    /** How long a deal may take to show its signature, and its timeline the whole story. Default 5 s. */
    settleMs?: number;
    onFlow?: (done: number) => void;
  },
): Promise<ManyFlows> {
  const { flows, atOnce, key, settleMs = 5_000, onFlow } = options;
  const steps = new Map<string, number[]>();
  const time = (name: string, ms: number) => {
    const times = steps.get(name) ?? [];
    times.push(ms);
    steps.set(name, times);
  };
  let next = 0;
  let done = 0;
  let wrong: unknown;
  const noted = (error: unknown) => {
    wrong ??= error;
  };
  const settling: Promise<void>[] = [];
  const startedAt = performance.now();
  const work = async () => {
    for (let at = next++; at < flows.length && wrong === undefined; at = next++) {
      const flow = flows[at];
      if (flow === undefined) return;
      const dealId = await runCalls(client, flow, { key: `${key}-${at}`, time });
      const settled = settle(client, dealId, { settleMs, time }).then(() => {
        done += 1;
        onFlow?.(done);
      });
      settling.push(settled.catch(noted));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, () => work().catch(noted)));
  await Promise.all(settling);
  if (wrong !== undefined) throw wrong;
  return { flows: done, tookMs: performance.now() - startedAt, steps };
}

type NoteTime = (name: string, ms: number) => void;

async function runCalls(
  client: Client,
  { merchant, statements }: PreparedFlow,
  { key, time }: { key: string; time: NoteTime },
): Promise<string> {
  const begunAt = performance.now();
  const { dealId } = await runFlow(client, {
    merchant,
    statements,
    key,
    onStep: ({ name, reply }) => time(name, reply.ms),
  });
  time('flow', performance.now() - begunAt);
  return dealId;
}

/** Looked at once the provider's call may have come, and not at once: asking in vain would be most of the calls. */
const firstLookMs = 200;

async function settle(
  client: Client,
  dealId: string,
  { settleMs, time }: { settleMs: number; time: NoteTime },
): Promise<void> {
  const signedAt = performance.now();
  await sleep(firstLookMs);
  await untilSigned(client, dealId, settleMs);
  time('signed', performance.now() - signedAt);
  await untilTold(client, dealId, settleMs);
  time('timeline', performance.now() - signedAt);
}

/** The value that `share` (0 to 1) of the values do not exceed, by nearest rank; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
