import { notTakenBack, signedDocumentMissing } from '../domain/alerts.ts';
import {
  type Decision,
  type Envelope,
  fail,
  giveUp,
  keepSigned,
  loseSight,
  recordNews,
  type StoredFile,
} from '../domain/envelope.ts';
import { isOutstanding, isUnsettled } from '../domain/envelope-state.ts';
import type { ProviderEnvelope, SigningProvider } from '../domain/signing-provider.ts';
import { callProvider } from './call-provider.ts';
import type { EnvelopeDeps } from './deps.ts';
import { type HeldLease, underLease } from './under-lease.ts';

export type StepDeps = EnvelopeDeps & {
  readonly provider: SigningProvider;
  /** Keeps a PDF of a deal for good. */
  readonly keep: (owner: { tenantId: string; dealId: string }, bytes: Buffer) => Promise<StoredFile>;
  readonly providerTimeoutMs: number;
};

/** After this many tries that failed a person is told, once; it is tried on. */
const tellAfterAttempts = 10;

type Due = { tenantId: string; envelopeId: string; attempts: number };

/**
 * Does what is due about an envelope without anybody waiting for it:
 * - a send whose caller is gone is settled. The provider is asked; what it has is recorded as sent. What it does not have is
 *   never sent from here, because nobody is waiting and a repeated call may name another recipient: it is `failed`, which
 *   frees the deal, and a person is told;
 * - an envelope whose deal has ended is taken back;
 * - the signed document is fetched and kept.
 * Rejects when the provider fails or has nothing to give yet; the step is then due again later.
 */
export async function takeNextStep(deps: StepDeps, { tenantId, envelopeId, attempts }: Due): Promise<void> {
  const lease = { tenantId, envelopeId, holder: deps.newId() };
  const envelope = await deps.inTenant(tenantId, async ({ leases, envelopes, refuseErased }) => {
    leases.unhurried();
    const found = (await leases.take(lease)) ? await envelopes.find(envelopeId) : null;
    // What is out is still settled or taken back; a signed document of somebody who was erased is fetched no more.
    if (found?.state === 'signed') await refuseErased(found.merchantId);
    return found;
  });
  if (envelope === null) return;
  await underLease(deps, lease, async (held) => {
    const commit = (decide: (present: Envelope) => Decision) => save(deps, held, envelope, decide);
    try {
      await step(deps, envelope, commit);
    } catch (error) {
      if (attempts === tellAfterAttempts) await commit(tellStuck);
      throw error;
    }
  });
}

type Commit = (decide: (present: Envelope) => Decision) => Promise<void>;

async function step(deps: StepDeps, envelope: Envelope, commit: Commit): Promise<void> {
  if (envelope.provider !== deps.provider.name) throw new Error(`${envelope.provider} is not the provider in use`);
  if (isUnsettled(envelope.state)) return settle(deps, envelope, commit);
  if (envelope.state === 'signed' && envelope.signed === null) return fetchSigned(deps, envelope, commit);
  if (envelope.voidReason !== null) return takeBack(deps, envelope, envelope.voidReason, commit);
  return commit((present) => ({ envelope: { ...present, dueAt: null }, facts: [] }));
}

/** Of one that is lost from sight people have been told. */
function tellStuck(envelope: Envelope): Decision {
  if (envelope.state === 'signed') return { envelope, facts: [signedDocumentMissing(envelope)] };
  const isOut = isOutstanding(envelope.state) && !isUnsettled(envelope.state);
  return { envelope, facts: isOut ? [notTakenBack(envelope)] : [] };
}

async function settle(deps: StepDeps, envelope: Envelope, commit: Commit): Promise<void> {
  const abandon = (present: Envelope) => {
    if (!isUnsettled(present.state)) return { envelope: present, facts: [] };
    return present.voidReason === null ? giveUp(present) : fail(present);
  };
  // Without an attempt to call it, the provider cannot have anything.
  if (envelope.state === 'intent') return commit(abandon);
  let found: ProviderEnvelope | null;
  try {
    found = await callProvider(deps.providerTimeoutMs, (signal) => deps.provider.find(envelope.id, signal));
  } catch (error) {
    await commit((present) =>
      isUnsettled(present.state) ? loseSight(present, deps.clock()) : { envelope: present, facts: [] },
    );
    throw error;
  }
  const there = found;
  return commit(there === null ? abandon : (present) => recordNews(present, newsOf(there, deps.clock())));
}

async function takeBack(deps: StepDeps, envelope: Envelope, reason: string, commit: Commit): Promise<void> {
  const id = await idAtProvider(deps, envelope);
  if (id === null) throw new Error(`${envelope.provider} does not have envelope ${envelope.id}`);
  const asked = await callProvider(deps.providerTimeoutMs, (signal) => deps.provider.state(id, signal));
  if (asked === null || asked.status === 'sent' || asked.status === 'viewed') {
    await callProvider(deps.providerTimeoutMs, (signal) => deps.provider.void(id, reason, signal));
    const voided = { providerEnvelopeId: id, reference: envelope.id, status: 'voided' } as const;
    return commit((present) => recordNews(present, newsOf(voided, deps.clock())));
  }
  return commit((present) => recordNews(present, newsOf(asked, deps.clock())));
}

async function fetchSigned(deps: StepDeps, envelope: Envelope, commit: Commit): Promise<void> {
  const id = await idAtProvider(deps, envelope);
  const bytes = await callProvider(deps.providerTimeoutMs, async (signal) =>
    id === null ? null : deps.provider.signedDocument(id, signal),
  );
  if (bytes === null) throw new Error(`${envelope.provider} has no signed document of envelope ${envelope.id} yet`);
  const file = await deps.keep(envelope, bytes);
  return commit((present) => keepSigned(present, file));
}

/** A webhook about a deal may come before the provider's id is known here. */
async function idAtProvider(deps: StepDeps, envelope: Envelope): Promise<string | null> {
  if (envelope.providerEnvelopeId !== null) return envelope.providerEnvelopeId;
  const found = await callProvider(deps.providerTimeoutMs, (signal) => deps.provider.find(envelope.id, signal));
  return found?.providerEnvelopeId ?? null;
}

function newsOf({ providerEnvelopeId, status }: ProviderEnvelope, at: Date) {
  return { status, eventId: `${providerEnvelopeId}:${status}`, at, providerEnvelopeId };
}

async function save(
  deps: StepDeps,
  held: HeldLease,
  { tenantId, id }: Envelope,
  decide: (present: Envelope) => Decision,
): Promise<void> {
  await deps.inTenant(tenantId, async (data) => {
    await data.envelopes.change(id, decide);
    await held.letGo(data);
  });
}
