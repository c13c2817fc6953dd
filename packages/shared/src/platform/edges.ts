/** A point where something has just become true outside this process: a commit, a provider's answer, our own answer. */
export type EdgeKind = 'commit' | 'provider-call' | 'answer';

/**
 * Told at every edge, right after it. Production passes nothing; the crash tests pass a function that ends the process at
 * the N-th edge, which is how "it can die between any two lines" is tried on purpose instead of by luck.
 */
export type OnEdge = (kind: EdgeKind, name: string) => void;

export const noEdge: OnEdge = () => undefined;
