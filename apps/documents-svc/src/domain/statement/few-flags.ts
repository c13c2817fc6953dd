import type { Flag } from './model.ts';

const MAX_NAMED = 5;

/** The first flags of one kind; how many more there are is said in a last one: "35 more rows ...", `rest` without the number. */
export function fewFlags(flags: Flag[], rest: string): Flag[] {
  const [first] = flags;
  if (first === undefined || flags.length <= MAX_NAMED) return flags;
  return [...flags.slice(0, MAX_NAMED), { ...first, detail: `${flags.length - MAX_NAMED} ${rest}` }];
}
