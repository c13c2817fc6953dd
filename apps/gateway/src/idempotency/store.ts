/** An answer as it is kept for repeats: status, the headers that are part of it, the exact bytes of the body. */
export type StoredAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/**
 * What a request finds under its key. `claimed`: it is the first, go ahead. `in-flight`: the first one still runs.
 * `mismatch`: the key belongs to another request, running or finished. `replay`: the first one's answer.
 */
export type Claim =
  | { readonly outcome: 'claimed' }
  | { readonly outcome: 'in-flight' }
  | { readonly outcome: 'mismatch' }
  | { readonly outcome: 'replay'; readonly answer: StoredAnswer };

/**
 * Where the gateway remembers keys. `scope` is one key of one caller on one path. A claim is a short lease that its owner
 * renews while the call runs, so that one whose gateway died is free again soon; only the owner (a token made per
 * attempt) can renew, complete or release it. Every function rejects when the store cannot be reached.
 */
export type IdempotencyStore = {
  /** Atomic: of any number of calls with one scope exactly one is told `claimed`. Compares fingerprints first. */
  claim(scope: string, attempt: { fingerprint: string; owner: string; leaseMs: number }): Promise<Claim>;
  /** Makes the lease last `leaseMs` from now. False when it is the owner's no more. */
  renew(scope: string, owner: string, leaseMs: number): Promise<boolean>;
  /** Keeps the answer for `keepMs` and ends the claim. False, and nothing kept, when it is the owner's no more. */
  complete(scope: string, owner: string, answer: StoredAnswer, keepMs: number): Promise<boolean>;
  /** Ends the claim without an answer: the next request with the key is the first again. */
  release(scope: string, owner: string): Promise<boolean>;
};
