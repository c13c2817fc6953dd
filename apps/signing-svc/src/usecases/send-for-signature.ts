import { setTimeout as delay } from 'node:timers/promises';
import { signatureGate } from '@uw-wizard/shared/contracts/asks';
import { DomainError } from '@uw-wizard/shared/errors';
import type { Ask } from '@uw-wizard/shared/platform/ask';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import { isSameMailbox } from '../domain/email.ts';
import { type Envelope, intend, recordNews } from '../domain/envelope.ts';
import { isOutstanding, isUnsettled } from '../domain/envelope-state.ts';
import { DEAL_NOT_ACCEPTED, ENVELOPE_BUSY, ENVELOPE_OUTSTANDING } from '../domain/errors.ts';
import type { Slot } from '../domain/slot.ts';
import type { TenantData } from './deps.ts';
import { openSlot } from './open-slot.ts';
import { type PutDeps, putAtProvider } from './put-at-provider.ts';
import { underLease } from './under-lease.ts';

export type SendDeps = PutDeps & {
  readonly ask: Ask;
  /** How long a send waits for another one of the same envelope to finish, in milliseconds. */
  readonly waitMs: number;
};

export type SendInput = {
  readonly command: Command<Envelope>;
  readonly dealId: string;
  readonly recipientEmail: string;
  readonly force: boolean;
};

type Gate = Awaited<ReturnType<typeof askGate>>;
type Claim =
  | { kind: 'mine'; envelope: Envelope; holder: string }
  | { kind: 'sent'; envelope: Envelope }
  | { kind: 'busy' }
  | { kind: 'moved' };

/**
 * Sends a deal's agreement for signature, once, however often it is asked for and wherever it is interrupted: the
 * envelope's id is fixed first, the deal's owner reserves the terms for it, the intent is committed, the provider is called
 * with the id as our reference, and its answer is committed together with the call's.
 *
 * The same recipient and terms while an envelope is out are answered with that envelope. Throws what the deal's owner
 * refuses with, `envelope-outstanding`, `envelope-busy` or `signing-provider-failed`; each is safe to repeat.
 */
export async function sendForSignature(deps: SendDeps, input: SendInput): Promise<RecordedAnswer> {
  const { tenant: tenantId } = input.command.identity;
  const givesUpAt = Date.now() + deps.waitMs;
  for (;;) {
    const opened = await openSlot(deps, { ...input, tenantId, commandRef: input.command.ref });
    if (opened.kind === 'sent') return answer(deps, input, opened.envelope);
    const gate = await askGate(deps, input, tenantId, opened);
    let claim = await claimIntent(deps, input, opened.slot, gate);
    while (claim.kind === 'busy') {
      if (Date.now() > givesUpAt) {
        throw new DomainError(
          ENVELOPE_BUSY,
          'Another call is sending this envelope. Repeat this one to see what came of it.',
          { retryAfterSeconds: 1 },
        );
      }
      await delay(100);
      claim = await claimIntent(deps, input, opened.slot, gate);
    }
    if (claim.kind === 'sent') return answer(deps, input, claim.envelope);
    if (claim.kind === 'mine') return finish(deps, input, gate, claim);
  }
}

/**
 * Asks the deal's owner, who reserves the terms for this envelope. An unknown deal leaves nothing behind here; the slot of one
 * that was known before stays, because the terms may be reserved for it when the deal comes back.
 */
async function askGate(deps: SendDeps, input: SendInput, tenantId: string, opened: { slot: Slot; isNew: boolean }) {
  const { slot, isNew } = opened;
  try {
    return await deps.ask(signatureGate, {
      tenant_id: tenantId,
      deal_id: input.dealId,
      envelope_id: slot.envelopeId,
      force: input.force,
      ...(slot.replaces === null ? {} : { replaces: slot.replaces }),
    });
  } catch (error) {
    if (isNew && error instanceof DomainError && error.kind.code === 'deal-not-found') {
      await deps.inTenant(tenantId, async ({ envelopes, slots }) => {
        const promised = await slots.lock(input.dealId);
        if (promised?.envelopeId !== slot.envelopeId || (await envelopes.find(promised.envelopeId)) !== null) return;
        await slots.close(input.dealId);
      });
    }
    throw error;
  }
}

/** Commits the intent, or finds the one that is there, and takes the right to talk to the provider about it. */
function claimIntent(deps: SendDeps, input: SendInput, slot: Slot, gate: Gate): Promise<Claim> {
  const { tenant: tenantId } = input.command.identity;
  return deps.inTenant(tenantId, async (data): Promise<Claim> => {
    // Whoever finishes this, caller or worker, dates its events after what the owner has told us.
    await data.observe(input.dealId, gate.deal_time);
    const present = await data.slots.lock(input.dealId);
    if (present?.envelopeId !== slot.envelopeId || present.endings !== slot.endings) return { kind: 'moved' };
    const found = await data.envelopes.find(slot.envelopeId);
    if (found !== null && isOutstanding(found.state)) return join(data, found, input, gate, deps.newId());
    if (found !== null && found.state !== 'failed') return { kind: 'moved' };
    const envelope = intend(
      {
        id: slot.envelopeId,
        tenantId,
        dealId: input.dealId,
        merchantId: gate.merchant_id,
        recipientEmail: input.recipientEmail,
        recipientName: gate.terms.owner_name ?? gate.terms.merchant.legal_name,
        force: input.force,
        terms: gate.terms,
        termsHash: gate.terms_hash,
        dealVersion: gate.deal_version,
        provider: deps.provider.name,
        commandRef: input.command.ref,
      },
      deps.clock(),
    );
    await data.refuseErased(envelope.merchantId);
    await data.envelopes.save(envelope);
    const holder = deps.newId();
    const taken = await data.leases.take({ tenantId, envelopeId: envelope.id, holder });
    return taken ? { kind: 'mine', envelope, holder } : { kind: 'busy' };
  });
}

/** A second send finds an outstanding envelope: its own, to be answered with or finished, or somebody else's. */
async function join(data: TenantData, found: Envelope, input: SendInput, gate: Gate, holder: string): Promise<Claim> {
  const same = isSameMailbox(found.recipientEmail, input.recipientEmail) && found.termsHash === gate.terms_hash;
  if (!same) {
    throw new DomainError(
      ENVELOPE_OUTSTANDING,
      'This deal is already out for signature to another recipient or with other terms. Decline or void that envelope first.',
    );
  }
  if (found.voidReason !== null) {
    throw new DomainError(
      DEAL_NOT_ACCEPTED,
      'The envelope of this deal is being taken back, because the deal has ended.',
    );
  }
  if (!isUnsettled(found.state)) return { kind: 'sent', envelope: found };
  const taken = await data.leases.take({ tenantId: found.tenantId, envelopeId: found.id, holder });
  return taken ? { kind: 'mine', envelope: found, holder } : { kind: 'busy' };
}

/** Calls the provider, or asks it what an earlier call did, and commits what came of it together with the answer. */
function finish(
  deps: SendDeps,
  input: SendInput,
  gate: Gate,
  { envelope, holder }: { envelope: Envelope; holder: string },
): Promise<RecordedAnswer> {
  const { tenantId, id, dealId } = envelope;
  return underLease(deps, { tenantId, envelopeId: id, holder }, async (held) => {
    const taken = await putAtProvider(deps, envelope);
    return deps.commit(input.command, async (data) => {
      await data.observe(dealId, gate.deal_time);
      await held.letGo(data);
      const news = { ...taken, eventId: `${taken.providerEnvelopeId}:${taken.status}`, at: deps.clock() };
      return data.envelopes.change(id, (present) => recordNews(present, news));
    });
  });
}

/** The envelope is out already: the call is answered with it, and nothing else happens. */
function answer(deps: SendDeps, input: SendInput, envelope: Envelope): Promise<RecordedAnswer> {
  return deps.commit(input.command, async () => envelope);
}
