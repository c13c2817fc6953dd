import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '../cluster/part.ts';
import { type Fault, type FaultKind, faultKinds } from './faults.ts';

/** How often each thing was done to each part. */
export type FaultCounts = ReadonlyMap<string, Readonly<Record<FaultKind, number>>>;

/** More at a time would be no test of anything but patience. */
const mostAtOnce = 3;

/**
 * Brings faults over the parts, one after another, until `signal` is aborted; then waits until every part runs again.
 * Throws when a part does not come back, or does not stop in order while nothing else is wrong.
 */
export async function bringFaults(
  parts: readonly Part[],
  faults: Iterator<Fault>,
  { signal, onFault }: { signal: AbortSignal; onFault: (fault: Fault) => void },
): Promise<FaultCounts> {
  const counts = new Map(parts.map(({ name }) => [name, { kill: 0, pause: 0, restart: 0 }]));
  const suffering = new Map<string, Promise<void>>();
  const wrongs: unknown[] = [];
  while (!signal.aborted && wrongs.length === 0) {
    const fault: Fault = faults.next().value;
    await sleep(fault.afterMs, undefined, { signal }).catch(() => undefined);
    const part = parts.find(({ name }) => name === fault.part);
    const count = counts.get(fault.part);
    if (signal.aborted || part === undefined || count === undefined) break;
    while (suffering.has(fault.part) || suffering.size >= mostAtOnce) await Promise.race(suffering.values());
    count[fault.kind] += 1;
    onFault(fault);
    const over = bring(part, fault, () => suffering.size > 1)
      .catch((error: unknown) => void wrongs.push(error))
      .finally(() => suffering.delete(fault.part));
    suffering.set(fault.part, over);
  }
  await Promise.all(suffering.values());
  if (wrongs.length > 0) throw wrongs[0];
  return counts;
}

async function bring(part: Part, { kind, lastsMs }: Fault, notAlone: () => boolean): Promise<void> {
  if (kind === 'pause') {
    part.pause();
    await sleep(lastsMs);
    part.resume();
    return;
  }
  if (kind === 'kill') {
    await part.kill();
  } else {
    const disturbed = notAlone();
    await part.stop().catch((error: unknown) => {
      // With its database frozen nobody can finish what is in hand; that it ends all the same is enough.
      if (!disturbed && !notAlone()) throw error;
    });
  }
  await sleep(lastsMs);
  await part.start();
}

/** One line per part, and how many there were of each kind in all. */
export function faultTable(counts: FaultCounts): string {
  const rows = [...counts].map(([name, count]) => [name, ...faultKinds.map((kind) => count[kind])]);
  const totals = faultKinds.map((kind) => [...counts.values()].reduce((sum, count) => sum + count[kind], 0));
  return [['part', ...faultKinds], ...rows, ['in all', ...totals]]
    .map(
      ([name, ...figures]) =>
        `${String(name).padEnd(18)}${figures.map((figure) => String(figure).padStart(9)).join('')}`,
    )
    .join('\n');
}
