export const faultKinds = ['kill', 'pause', 'restart'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** One thing that goes wrong: what, with which part, how long after the one before began, and for how long. */
export type Fault = { kind: FaultKind; part: string; afterMs: number; lastsMs: number };

/**
 * The faults of a seed, without end: the same seed gives the same ones. Each round goes through all parts in an order of
 * its own and kills, kills again, pauses and restarts each, so no part is spared for long. A fault comes `everyMs` after
 * the one before on average and lasts up to `longestMs`; several may overlap.
 */
export function* faultsOf(
  seed: number,
  parts: readonly string[],
  { everyMs, longestMs }: { everyMs: number; longestMs: number },
): Generator<Fault, never> {
  const random = randomOf(seed);
  const kinds: readonly FaultKind[] = ['kill', 'pause', 'kill', 'restart'];
  for (let round = 0; ; round += 1) {
    for (const [at, part] of shuffled(parts, random).entries()) {
      const kind = kinds[(round + at) % kinds.length] ?? 'kill';
      const afterMs = Math.round(everyMs * (0.25 + 1.5 * random()));
      // Most are short, some are long: a service is back in a second, or everybody's patience is tried.
      const lastsMs = Math.round(200 + (longestMs - 200) * random() ** 3);
      yield { kind, part, afterMs, lastsMs };
    }
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

/** Mulberry32 (Tommy Ettinger, public domain): small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
