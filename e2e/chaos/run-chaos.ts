import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import { prepareFlows } from '../flow/many-flows.ts';
import { runWholeFlow } from '../flow/whole-flow.ts';
import { audit, type Finding, stillOpen } from './audit.ts';
import { bringFaults, type FaultCounts } from './bring-faults.ts';
import { createCarefulClient, type Hardships } from './careful-client.ts';
import { type Fault, faultsOf } from './faults.ts';
import { digestOf, type Entry, openLedger } from './ledger.ts';

export type ChaosOptions = {
  seed: number;
  lastsMs: number;
  /** Merchants under way at a time. */
  atOnce: number;
  /** A fault so often on average; none of them lasts longer than `longestMs`. */
  everyMs: number;
  longestMs: number;
  onFault?: (fault: Fault) => void;
  onStep?: (step: string) => void;
};

export type ChaosReport = {
  faults: FaultCounts;
  hardships: Hardships;
  signed: number;
  acknowledged: number;
  findings: readonly Finding[];
};

/** After the last fault everything has this long to come to rest. */
const settleMs = 120_000;

/**
 * Drives merchants' flows through a cluster while faults come over its parts, lets it settle, and compares what was
 * acknowledged with what is there: databases, files, the mock providers' ledgers, and the same answers when they are asked
 * for again.
 */
export async function runChaos(cluster: Cluster, options: ChaosOptions): Promise<ChaosReport> {
  const { seed, lastsMs, atOnce, everyMs, longestMs, onStep = () => undefined } = options;
  const hardships: Hardships = { calls: 0, repeats: 0, lostConnections: 0 };
  const ledger = openLedger(join(cluster.folder, 'ledger.jsonl'));
  const over = new AbortController();
  const client = createCarefulClient(cluster.targets, hardships);
  const findings: Finding[] = [];
  const legalNames: string[] = [];

  const timer = setTimeout(() => over.abort(), lastsMs);
  const faulting = bringFaults(
    cluster.parts,
    faultsOf(
      seed,
      cluster.parts.map(({ name }) => name),
      { everyMs, longestMs },
    ),
    {
      signal: over.signal,
      onFault: options.onFault ?? (() => undefined),
    },
  ).finally(() => over.abort());
  faulting.catch(() => undefined);

  let next = 0;
  const work = async () => {
    while (!over.signal.aborted) {
      const number = next++;
      const [flow] = await prepareFlows({ count: 1, firstSeed: seed * 100_000 + number });
      if (flow === undefined) return;
      const key = `chaos-${seed}-${number}`;
      const legalName = flow.merchant.legalName;
      await runWholeFlow(client, { flow, key, settleMs, onGiven: (given) => ledger.write(key, given) }).then(
        () => legalNames.push(legalName),
        (error: unknown) =>
          findings.push({ kind: 'stuck', what: `${key} (merchant ${legalName}): ${messageOf(error)}` }),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const faults = await faulting;
  clearTimeout(timer);

  onStep('settling');
  const books = await cluster.openBooks();
  try {
    findings.push(...(await untilSettled(() => stillOpen(books))));
    onStep('counting');
    findings.push(...(await audit(books, { tenantId: cluster.tenantId, legalNames, countFiles: cluster.countFiles })));
  } finally {
    await books.close();
  }
  onStep('asking for every answer once more');
  findings.push(...(await askAgain(ledger.entries())));
  return { faults, hardships, signed: legalNames.length, acknowledged: ledger.entries().length, findings };
}

async function untilSettled(open: () => Promise<string[]>): Promise<Finding[]> {
  const deadline = Date.now() + settleMs;
  for (;;) {
    const left = await open();
    if (left.length === 0) return [];
    if (Date.now() > deadline) return left.map((what) => ({ kind: 'stuck', what }));
    await sleep(250);
  }
}

/** Every acknowledged call, made once more with its key, gets the answer it got: byte for byte. */
async function askAgain(entries: readonly Entry[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  let next = 0;
  const work = async () => {
    for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) {
      const again = await entry.ask();
      if (again.status === entry.status && digestOf(again.bytes) === entry.digest) continue;
      const what = `${entry.flow} ${entry.call} answered ${again.status} ${again.text.slice(0, 500)}, and before ${entry.status} ${entry.text}`;
      findings.push({ kind: 'lost', what });
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return findings;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
