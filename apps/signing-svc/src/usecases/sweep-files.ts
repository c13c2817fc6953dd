import type { Storage } from '@uw-wizard/shared/platform/storage';
import type { EnvelopeDeps } from './deps.ts';
import { underLease } from './under-lease.ts';

export type SweepFilesDeps = Pick<EnvelopeDeps, 'inTenant' | 'log' | 'newId'> & {
  readonly storage: Pick<Storage, 'listOlderThan' | 'remove'>;
  /** Of every tenant. */
  readonly files: {
    /** Which of `keys` belong to an envelope. */
    knownFiles(keys: readonly string[]): Promise<Set<string>>;
    /** The ids of a deal's envelopes. */
    envelopesOf(tenantId: string, dealId: string): Promise<string[]>;
  };
  /** A file younger than this is never an orphan: the work that keeps it may still be going on. */
  readonly minAgeMs: number;
};

const batch = 500;

/**
 * Removes files that belong to no envelope: what a crash left between keeping a file and saving that it is kept. Returns how
 * many. An envelope whose send is taken up again keeps the very same file again, so a file goes only while the leases of all
 * envelopes of its deal are held here; one that somebody is working on is left for the next time.
 */
export async function sweepFiles(deps: SweepFilesDeps, input: { signal: AbortSignal }): Promise<number> {
  let removed = 0;
  const sweep = async (keys: readonly string[]) => {
    const known = await deps.files.knownFiles(keys);
    for (const key of keys) {
      if (known.has(key) || input.signal.aborted) continue;
      if (await removeOrphan(deps, key)) removed += 1;
    }
  };
  let keys: string[] = [];
  for await (const key of deps.storage.listOlderThan(deps.minAgeMs)) {
    if (input.signal.aborted) break;
    keys.push(key);
    if (keys.length < batch) continue;
    await sweep(keys);
    keys = [];
  }
  await sweep(keys);
  return removed;
}

async function removeOrphan(deps: SweepFilesDeps, key: string): Promise<boolean> {
  const [tenantId = '', dealId = ''] = key.split('/');
  const envelopes = await deps.files.envelopesOf(tenantId, dealId);
  let removed = false;
  await whileNobodyWorksOn(deps, tenantId, envelopes, async () => {
    if ((await deps.files.knownFiles([key])).has(key)) return;
    await deps.storage.remove(key);
    removed = true;
  });
  return removed;
}

/** Does `work` under the leases of all `envelopeIds`; not at all when one of them cannot be had. */
async function whileNobodyWorksOn(
  deps: SweepFilesDeps,
  tenantId: string,
  [envelopeId, ...others]: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  if (envelopeId === undefined) return work();
  const lease = { tenantId, envelopeId, holder: deps.newId() };
  if (!(await deps.inTenant(tenantId, ({ leases }) => leases.take(lease)))) return;
  await underLease(deps, lease, () => whileNobodyWorksOn(deps, tenantId, others, work));
}
