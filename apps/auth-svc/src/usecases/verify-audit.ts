import { type AuditKeys, type ChainedRecord, type Head, isSealed, isSound } from '../domain/audit-chain.ts';

/** What is wrong with a tenant's chain, in words for a person. `seq` is the row's number. */
export type Fault = {
  readonly kind: 'changed' | 'removed' | 'reordered' | 'truncated' | 'rewritten' | 'head' | 'anchor';
  readonly seq: number;
  readonly detail: string;
};

export type Verdict = { readonly rows: number; readonly anchors: number; readonly faults: readonly Fault[] };

type Anchor = Head & { readonly at: string };

export type VerifyAuditDeps = {
  keys: AuditKeys;
  /** Rows of the tenant behind the `seq`-th, in their order: at most `limit`. */
  rowsBehind(tenantId: string, seq: number, limit: number): Promise<ChainedRecord[]>;
  /** The number of the last row there is, and then what the head says. */
  end(tenantId: string): Promise<{ last: number; head: (Head & { seal: string }) | null }>;
  anchorsOf(tenantId: string): AsyncIterable<{ key: string; anchor: Anchor | null; sound: boolean }>;
};

const rowsAtOnce = 1_000;
/** More faults of one tenant say nothing new. */
const mostFaults = 20;

/**
 * Walks the chain of a tenant from its first row to its head, some rows at a time, while the house may be adding to it. A row
 * that is not what was written there, one that is missing or out of its place, an end that was cut off, and a chain that was
 * written anew (which only the anchors tell, when it was done with the key).
 */
export async function verifyAudit(deps: VerifyAuditDeps, tenantId: string): Promise<Verdict> {
  const faults: Fault[] = [];
  const blame = (kind: Fault['kind'], seq: number, detail: string) => {
    if (faults.length < mostFaults) faults.push({ kind, seq, detail });
  };
  // Read first: what is added meanwhile lies behind them.
  const anchors = await readAnchors(deps, tenantId, blame);
  const { last, head } = await deps.end(tenantId);
  const end = Math.max(last, head?.seq ?? 0);
  let before: Head = { seq: 0, hmac: '' };
  for (;;) {
    const rows = await deps.rowsBehind(tenantId, before.seq, rowsAtOnce);
    for (const row of rows.filter(({ seq }) => seq <= end)) {
      verifyRow(deps.keys, before, row, blame);
      const anchor = anchors.get(row.seq);
      if (anchor !== undefined && anchor.hmac !== row.hmac)
        blame('rewritten', row.seq, `the chain up to row ${row.seq} is not the one that was anchored at ${anchor.at}`);
      before = row;
    }
    const read = rows.at(-1)?.seq ?? end;
    if (rows.length < rowsAtOnce || read >= end) break;
  }
  verifyEnd(deps.keys, { tenantId, before, head }, blame);
  for (const { seq, at } of anchors.values()) {
    if (seq > before.seq)
      blame('truncated', before.seq + 1, `the log ends at row ${before.seq}, but at ${at} it had ${seq}`);
  }
  return { rows: before.seq, anchors: anchors.size, faults };
}

type Blame = (kind: Fault['kind'], seq: number, detail: string) => void;

async function readAnchors(deps: VerifyAuditDeps, tenantId: string, blame: Blame): Promise<Map<number, Anchor>> {
  const anchors = new Map<number, Anchor>();
  for await (const { key, anchor, sound } of deps.anchorsOf(tenantId)) {
    if (anchor === null || !sound) blame('anchor', anchor?.seq ?? 0, `the anchor ${key} is not what was written there`);
    else anchors.set(anchor.seq, anchor);
  }
  return anchors;
}

function verifyRow(keys: AuditKeys, before: Head, row: ChainedRecord, blame: Blame): void {
  const { seq, id } = row;
  const missing = seq - before.seq - 1;
  if (missing === 1) blame('removed', seq - 1, `row ${seq - 1} is missing`);
  if (missing > 1) blame('removed', before.seq + 1, `rows ${before.seq + 1} to ${seq - 1} are missing`);
  if (!isSound(keys, row)) blame('changed', seq, `row ${seq} (${id}) is not what was written there`);
  else if (missing === 0 && row.previousHmac !== before.hmac)
    blame('reordered', seq, `row ${seq} (${id}) was written behind another row than ${before.seq}`);
}

function verifyEnd(
  keys: AuditKeys,
  { tenantId, before, head }: { tenantId: string; before: Head; head: (Head & { seal: string }) | null },
  blame: Blame,
): void {
  if (head === null) {
    if (before.seq > 0) blame('head', before.seq, 'nothing says where the chain ends: its head is missing');
    return;
  }
  if (!isSealed(keys, tenantId, head, head.seal) && head.seq > 0)
    blame('head', head.seq, `the head of the chain (row ${head.seq}) is not what was written there`);
  if (head.seq > before.seq)
    blame('truncated', before.seq + 1, `the log ends at row ${before.seq}, but its head says ${head.seq}`);
  if (head.seq < before.seq)
    blame('head', head.seq, `the head says that the log ends at row ${head.seq}, but it ends at ${before.seq}`);
  if (head.seq === before.seq && head.hmac !== before.hmac)
    blame('head', head.seq, `the head is of another row ${head.seq} than the one that is there`);
}
