import { DomainError } from '@uw-wizard/shared/errors';
import type { OnEdge } from '@uw-wizard/shared/platform/edges';
import { type Agreement, agreementOf } from '../domain/agreement.ts';
import { type Decision, type Envelope, fail, loseSight, type StoredFile, startSending } from '../domain/envelope.ts';
import { isUnsettled } from '../domain/envelope-state.ts';
import { DEAL_NOT_ACCEPTED, SIGNING_PROVIDER_FAILED } from '../domain/errors.ts';
import { type ProviderEnvelope, ProviderRefused, type SigningProvider } from '../domain/signing-provider.ts';
import { callProvider } from './call-provider.ts';
import type { EnvelopeDeps } from './deps.ts';

export type PutDeps = EnvelopeDeps & {
  readonly provider: SigningProvider;
  readonly render: (agreement: Agreement, createdAt: Date) => Promise<Buffer>;
  /** Keeps a PDF of a deal for good. */
  readonly keep: (owner: { tenantId: string; dealId: string }, bytes: Buffer) => Promise<StoredFile>;
  readonly onEdge: OnEdge;
  /** Who buys the receipts, as the agreement names it. */
  readonly buyer: string;
  readonly providerTimeoutMs: number;
};

/**
 * Makes sure the provider has the envelope, and returns it as it is there. When an earlier call may have got through, the
 * provider is asked before anything is sent. Throws `signing-provider-failed`: the envelope is then `failed` (refused, the
 * deal is free), still `sending` (no answer; a repeat asks first) or `unknown` (it cannot be asked either).
 *
 * Done under the envelope's lease, with no transaction open while the provider is called.
 */
export async function putAtProvider(deps: PutDeps, envelope: Envelope): Promise<ProviderEnvelope> {
  if (envelope.state !== 'intent') {
    const earlier = await findEarlier(deps, envelope);
    if (earlier !== null) return earlier;
  }
  const agreement = agreementOf({
    reference: envelope.id,
    buyer: deps.buyer,
    terms: envelope.terms,
    sellerEmail: envelope.recipientEmail,
  });
  const document = await deps.render(agreement, new Date(envelope.terms.accepted_at));
  const file = await deps.keep(envelope, document);
  const sending = await change(deps, envelope, (present) =>
    present.voidReason === null ? startSending(present, file, deps.clock()) : fail(present),
  );
  if (sending.providerEnvelopeId !== null) {
    // A webhook was faster than we: the provider has had it all along.
    return { providerEnvelopeId: sending.providerEnvelopeId, reference: envelope.id, status: 'sent' };
  }
  if (sending.state !== 'sending') {
    throw new DomainError(DEAL_NOT_ACCEPTED, 'The deal ended before its agreement was sent. Nothing was sent.');
  }
  const sent = await send(deps, sending, agreement.title, document);
  deps.onEdge('provider-call', 'sign.send');
  return sent;
}

async function send(deps: PutDeps, envelope: Envelope, subject: string, document: Buffer): Promise<ProviderEnvelope> {
  const { id: reference, tenantId, dealId, recipientEmail, recipientName } = envelope;
  try {
    return await callProvider(deps.providerTimeoutMs, (signal) =>
      deps.provider.send({ reference, tenantId, dealId, recipientEmail, recipientName, subject, document }, signal),
    );
  } catch (cause) {
    if (cause instanceof ProviderRefused) {
      await change(deps, envelope, fail);
      throw failed('The signing provider refused the envelope. Check the recipient, and send it again.', cause);
    }
    deps.log.warn({ err: cause, envelope_id: reference }, 'the signing provider did not answer a send');
    const got = await findEarlier(deps, envelope);
    if (got !== null) return got;
    throw failed('The signing provider did not answer, and does not have the envelope. Send it again.', cause);
  }
}

/** What the provider has under our reference. When it cannot be asked, the envelope is `unknown` and a person is told. */
async function findEarlier(deps: PutDeps, envelope: Envelope): Promise<ProviderEnvelope | null> {
  try {
    return await callProvider(deps.providerTimeoutMs, (signal) => deps.provider.find(envelope.id, signal));
  } catch (cause) {
    await change(deps, envelope, (present) => loseSight(present, deps.clock()));
    throw failed('The signing provider cannot be reached. Repeat the call: it will not be sent twice.', cause);
  }
}

/** Changes the envelope unless a webhook has settled it meanwhile. */
function change(deps: PutDeps, { tenantId, id }: Envelope, decide: (present: Envelope) => Decision): Promise<Envelope> {
  return deps.inTenant(tenantId, ({ envelopes }) =>
    envelopes.change(id, (present) =>
      isUnsettled(present.state) ? decide(present) : { envelope: present, facts: [] },
    ),
  );
}

function failed(detail: string, cause: unknown): DomainError {
  return new DomainError(SIGNING_PROVIDER_FAILED, detail, { cause });
}
