/** So many at a time: `take` waits for a free slot, first come first served. */
export type Slots = {
  take(): Promise<void>;
  give(): void;
  /** How many hold a slot or wait for one. */
  load(): number;
};

/** Makes `size` slots, all free. */
export function createSlots(size: number): Slots {
  let taken = 0;
  const waiting: (() => void)[] = [];
  return {
    take() {
      if (taken < size) {
        taken += 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    give() {
      const next = waiting.shift();
      if (next === undefined) taken -= 1;
      else next();
    },
    load: () => taken + waiting.length,
  };
}
