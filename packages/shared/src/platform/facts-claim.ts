import type { SqlTx } from './database.ts';
import type { OutboxRow } from './outbox-rows.ts';

/** A relay that publishes facts as soon as they are committed, and for how long nobody else need look after them. */
export type FactsClaim = { readonly relayId: string; readonly leaseMs: number };

/** What a transaction has written to the outbox: `claimed` is in the hands of this process's relay, `open` says whether some is in nobody's. */
export type Commit = { readonly claimed: readonly OutboxRow[]; readonly open: boolean };

type FactsOf = { readonly claim: FactsClaim | null; readonly claimed: OutboxRow[]; open: boolean };

const facts = new WeakMap<SqlTx, FactsOf>();

/** Begins to note what `tx` writes to the outbox, which `claim` claims, if anybody does. What comes back grows until it ends. */
export function followFacts(tx: SqlTx, claim: FactsClaim | null): Commit {
  const noted: FactsOf = { claim, claimed: [], open: false };
  facts.set(tx, noted);
  return noted;
}

/** Who claims what `tx` writes, if anybody does. */
export function factsClaimOf(tx: SqlTx): FactsClaim | null {
  return facts.get(tx)?.claim ?? null;
}

/** Notes what `tx` has written to the outbox. */
export function noteFacts(tx: SqlTx, { claimed, open }: Commit): void {
  const noted = facts.get(tx);
  if (noted === undefined) return;
  noted.claimed.push(...claimed);
  noted.open ||= open;
}
