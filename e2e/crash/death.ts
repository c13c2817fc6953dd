/** When the house dies, and how much of it. */
export type Death = {
  readonly atEdge: number;
  /** `node`: the process alone, whose database goes on. `everything`: the embedded database at the same moment. */
  readonly who: 'node' | 'everything';
};

/** Sent to the house that dies. Edges are counted anew from then on; without a death it only counts. */
export type Order = { readonly death: Death | null };

/** Sent back: how many edges there were since the order before. */
export type EdgeCount = { readonly edges: number };
