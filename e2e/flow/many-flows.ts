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
 * Runs all flows, `atOnce` at a time, each from the start to a signed deal whose timeline tells the whole story in its
 * order. Throws the first WrongAnswer; the flows under way then end and no other is begun. `flow` in the times is a flow's
 * calls, `signed` and `timeline` what it took from the signature on until the deal and its timeline showed it.
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
  const startedAt = performance.now();
  const work = async () => {
    for (let at = next++; at < flows.length && wrong === undefined; at = next++) {
      const flow = flows[at];
      if (flow === undefined) return;
      await runOne(client, flow, { key: `${key}-${at}`, settleMs, time });
      done += 1;
      onFlow?.(done);
    }
  };
  await Promise.all(
    Array.from({ length: atOnce }, () =>
      work().catch((error: unknown) => {
        wrong ??= error;
      }),
    ),
  );
  if (wrong !== undefined) throw wrong;
  return { flows: done, tookMs: performance.now() - startedAt, steps };
}

async function runOne(
  client: Client,
  { merchant, statements }: PreparedFlow,
  { key, settleMs, time }: { key: string; settleMs: number; time: (name: string, ms: number) => void },
): Promise<void> {
  const begunAt = performance.now();
  const { dealId } = await runFlow(client, {
    merchant,
    statements,
    key,
    onStep: ({ name, reply }) => time(name, reply.ms),
  });
  const signedAt = performance.now();
  time('flow', signedAt - begunAt);
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
