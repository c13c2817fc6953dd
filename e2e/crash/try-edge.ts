import { setTimeout as sleep } from 'node:timers/promises';
import type { Known } from '../flow/flow-calls.ts';
import type { PreparedFlow } from '../flow/many-flows.ts';
import { WrongAnswer } from '../flow/steps.ts';
import { type Given, runWholeFlow } from '../flow/whole-flow.ts';
import { censusFaults, takeCensus } from '../house/census.ts';
import { filesOnDisk } from '../house/files-on-disk.ts';
import { sequenceGaps, stillUnderWay } from '../house/settled.ts';
import type { CrashRig } from './crash-rig.ts';
import type { Death } from './death.ts';

/** What came of one flow in a house that was to die in it. */
export type Attempt = {
  /** The house's last words; null when the flow ended before its edge came. */
  readonly lastWords: string | null;
  /** How many edges the flow had; null when the house died. */
  readonly edges: number | null;
  /** Everything that is not as it would be had the house not died. Empty when all is well. */
  readonly faults: readonly string[];
};

const settleMs = 60_000;

/**
 * Runs one merchant's flow, with one text at its end, in a house that dies at the edge that `death` names, repeats what was
 * interrupted and goes on. Then everything is counted, and every call is made once more: it must get the answer that was
 * given before.
 */
export async function tryEdge(
  rig: CrashRig,
  { flow, key, death }: { flow: PreparedFlow; key: string; death: Death | null },
): Promise<Attempt> {
  const before = rig.deaths().count;
  await rig.arm(death);
  const faults: string[] = [];
  let edges = 0;
  try {
    const { known, given } = await runWholeFlow(rig.client, { flow, key, settleMs });
    faults.push(...(await countAll(rig, flow, known)));
    edges = await rig.arm(null);
    faults.push(...(await repeatAll(given)));
  } catch (error) {
    if (!(error instanceof WrongAnswer)) throw error;
    faults.push(error.message);
  }
  const { count, lastWords } = rig.deaths();
  if (count > before + 1) faults.push(`the house ended ${count - before} times`);
  const died = count > before;
  return { lastWords: died ? lastWords : null, edges: died ? null : edges, faults };
}

async function countAll(rig: CrashRig, flow: PreparedFlow, { dealId }: Known): Promise<string[]> {
  const deadline = Date.now() + settleMs;
  for (;;) {
    const counted = await counts(rig, flow, dealId).catch((error: unknown) => {
      // The house may die while it settles, and its database with it.
      if (Date.now() > deadline) throw error;
      return null;
    });
    if (counted !== null && counted.open.length === 0) return counted.faults;
    if (Date.now() > deadline) return counted?.open ?? ['it did not settle'];
    await sleep(50);
  }
}

function counts(rig: CrashRig, { merchant }: PreparedFlow, dealId: string) {
  return rig.withBooks(async (books, { dataDir, credentials }) => {
    const tenantId = credentials.tenant_id;
    const open = await stillUnderWay(books, { tenantId, dealId });
    if (open.length > 0) return { open, faults: [] };
    const gaps = await sequenceGaps(books, { tenantId, dealId });
    const census = await takeCensus(books, {
      tenantId,
      legalName: merchant.legalName,
      countFiles: filesOnDisk(dataDir),
    });
    return { open, faults: [...gaps, ...censusFaults(census)] };
  });
}

async function repeatAll(given: readonly Given[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, make, reply } of given) {
    const again = await make();
    if (again.status === reply.status && again.bytes.equals(reply.bytes)) continue;
    faults.push(`${name} answered ${again.status} ${again.text}, and before ${reply.status} ${reply.text}`);
  }
  return faults;
}
