import type { Erased } from '@uw-wizard/shared/platform/erasure';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import type { EnvelopeDeps } from './deps.ts';
import { underLease } from './under-lease.ts';

export type EraseAgreementsDeps = Pick<EnvelopeDeps, 'inTenant' | 'log' | 'newId'> & {
  readonly storage: Pick<Storage, 'remove'>;
  readonly files: {
    /** The merchant's envelopes with the keys of their files. */
    envelopesOf(erased: Erased): Promise<readonly { id: string; outstanding: boolean; files: readonly string[] }[]>;
  };
  /** Lets the provider forget who the envelopes with these references were for; null: people have to ask it. */
  readonly forget: ((references: readonly string[]) => Promise<void>) | null;
};

/**
 * Removes the agreements of a merchant, signed and unsigned; returns how many. Each envelope's goes while its lease is held
 * here: whoever fetches a signed document keeps it first and names it after. Throws while an envelope is out, or worked on.
 */
export async function eraseAgreements(deps: EraseAgreementsDeps, erased: Erased): Promise<number> {
  const { tenantId } = erased;
  const envelopes = await deps.files.envelopesOf(erased);
  let removed = 0;
  for (const { id, outstanding } of envelopes) {
    if (outstanding) throw new Error(`envelope ${id} is still out for signature`);
    const lease = { tenantId, envelopeId: id, holder: deps.newId() };
    if (!(await deps.inTenant(tenantId, ({ leases }) => leases.take(lease))))
      throw new Error(`envelope ${id} is being worked on`);
    await underLease(deps, lease, async () => {
      const present = (await deps.files.envelopesOf(erased)).find((envelope) => envelope.id === id);
      for (const key of present?.files ?? []) await deps.storage.remove(key);
      removed += present?.files.length ?? 0;
    });
  }
  await deps.forget?.(envelopes.map(({ id }) => id));
  return removed;
}
