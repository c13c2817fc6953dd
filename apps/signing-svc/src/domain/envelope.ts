import type { AgreementTerms } from '@uw-wizard/shared/contracts/asks';
import { lostFromSight, notSent, sentAfterFailure, signedAfterEnd } from './alerts.ts';
import { maskEmail } from './email.ts';
import { type EnvelopeState, type Happened, isOutstanding, stepOf } from './envelope-state.ts';
import type { SignFact } from './facts.ts';
import type { ProviderStatus } from './signing-provider.ts';

/** A PDF in our storage. `checksum` is the hex SHA-256 of its bytes. */
export type StoredFile = { readonly storageKey: string; readonly checksum: string; readonly sizeBytes: number };

/** An agreement on its way to a signature. `id` is our reference at the provider. */
export type Envelope = {
  readonly id: string;
  readonly tenantId: string;
  readonly dealId: string;
  readonly merchantId: string;
  readonly recipientEmail: string;
  readonly recipientName: string;
  readonly force: boolean;
  readonly terms: AgreementTerms;
  readonly termsHash: string;
  readonly dealVersion: number;
  readonly provider: string;
  readonly providerEnvelopeId: string | null;
  readonly state: EnvelopeState;
  readonly commandRef: string | null;
  readonly agreement: StoredFile | null;
  readonly signed: StoredFile | null;
  /** Why it shall be taken back; set as soon as that is wanted. */
  readonly voidReason: string | null;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  readonly viewedAt: Date | null;
  readonly signedAt: Date | null;
  readonly declinedAt: Date | null;
  readonly voidedAt: Date | null;
  /** When the service itself has to take the next step, if it has one to take. */
  readonly dueAt: Date | null;
};

/** What a decision makes of an envelope, and what it announces. The same envelope and no facts saves nothing. */
export type Decision = { readonly envelope: Envelope; readonly facts: readonly SignFact[] };

/** What a provider reports, or we have learned by asking it. `eventId` names the report in the announcement. */
export type News = {
  readonly status: ProviderStatus;
  readonly eventId: string;
  readonly at: Date;
  readonly providerEnvelopeId?: string | undefined;
};

/** How long a send may take before the service settles it without its caller, in milliseconds. */
export const abandonedAfterMs = 30_000;

/** A new intent to send, or a failed one's next try under the same id. */
export function intend(
  wanted: Pick<
    Envelope,
    | 'id'
    | 'tenantId'
    | 'dealId'
    | 'merchantId'
    | 'recipientEmail'
    | 'recipientName'
    | 'force'
    | 'terms'
    | 'termsHash'
    | 'dealVersion'
    | 'provider'
    | 'commandRef'
  >,
  at: Date,
): Envelope {
  return {
    ...wanted,
    providerEnvelopeId: null,
    state: 'intent',
    agreement: null,
    signed: null,
    voidReason: null,
    createdAt: at,
    sentAt: null,
    viewedAt: null,
    signedAt: null,
    declinedAt: null,
    voidedAt: null,
    dueAt: new Date(at.getTime() + abandonedAfterMs),
  };
}

/** The provider is about to be called with `agreement`. */
export function startSending(envelope: Envelope, agreement: StoredFile, at: Date): Decision {
  const dueAt = new Date(at.getTime() + abandonedAfterMs);
  return { envelope: { ...envelope, state: 'sending', agreement, dueAt }, facts: [] };
}

/** Takes in what the provider reports; late, repeated and disordered news are what `stepOf` says they are. */
export function recordNews(envelope: Envelope, news: News): Decision {
  const step = stepOf(envelope.state, news.status);
  const times: Record<Happened, Partial<Envelope>> = {
    sent: { sentAt: news.at },
    viewed: { viewedAt: news.at },
    signed: { signedAt: news.at },
    declined: { declinedAt: news.at },
    voided: { voidedAt: news.at },
  };
  const moved: Envelope = Object.assign({}, envelope, ...step.happened.map((what) => times[what]), {
    state: step.state,
    providerEnvelopeId: envelope.providerEnvelopeId ?? news.providerEnvelopeId ?? null,
  });
  const facts = step.happened.map((what) => announce(what, moved, news.eventId));
  if (step.alert === 'signed-after-end') facts.push(signedAfterEnd(envelope));
  if (step.alert === 'sent-after-failure') facts.push(sentAfterFailure(envelope));
  return { envelope: { ...moved, dueAt: nextStepAt(moved, envelope, news.at) }, facts };
}

/** The provider certainly does not have it: the deal is free for the next try, under the same id. */
export function fail(envelope: Envelope): Decision {
  return { envelope: { ...envelope, state: 'failed', commandRef: null, dueAt: null }, facts: [] };
}

/** As `fail`, when nobody is waiting for an answer: a person is told. */
export function giveUp(envelope: Envelope): Decision {
  return { ...fail(envelope), facts: [notSent(envelope)] };
}

/** The provider was called, did not answer, and cannot be asked now. Said once. */
export function loseSight(envelope: Envelope, at: Date): Decision {
  if (envelope.state === 'unknown') return { envelope, facts: [] };
  const dueAt = new Date(at.getTime() + abandonedAfterMs);
  return { envelope: { ...envelope, state: 'unknown', dueAt }, facts: [lostFromSight(envelope)] };
}

/** The deal has ended: an outstanding envelope is to be taken back, at once. Anything else stays as it is. */
export function wantBack(envelope: Envelope, reason: string, at: Date): Decision {
  if (!isOutstanding(envelope.state) || envelope.voidReason !== null) return { envelope, facts: [] };
  return { envelope: { ...envelope, voidReason: reason, dueAt: at }, facts: [] };
}

/** The signed document is kept. */
export function keepSigned(envelope: Envelope, signed: StoredFile): Decision {
  return { envelope: { ...envelope, signed, dueAt: null }, facts: [] };
}

/** Whom a sign.sent event names, without saying who it is. */
function announce(what: Happened, envelope: Envelope, eventId: string): SignFact {
  const ids = { envelope_id: envelope.id, provider: envelope.provider };
  switch (what) {
    case 'sent':
      return { type: 'sign.sent', data: { ...ids, to: maskEmail(envelope.recipientEmail), force: envelope.force } };
    case 'viewed':
      return { type: 'sign.viewed', data: { envelope_id: envelope.id } };
    case 'signed':
      return { type: 'sign.signed', data: { ...ids, event_id: eventId } };
    case 'declined':
      return { type: 'sign.declined', data: { ...ids, event_id: eventId } };
    case 'voided':
      return { type: 'sign.voided', data: { ...ids, reason: envelope.voidReason ?? 'voided at the provider' } };
  }
}

/** A fresh signature: fetch the document. Out while unwanted: take it back. Nothing new: as it was. */
function nextStepAt(moved: Envelope, before: Envelope, at: Date): Date | null {
  if (moved.state === before.state) return before.dueAt;
  if (moved.state === 'signed') return at;
  return isOutstanding(moved.state) && moved.voidReason !== null ? at : null;
}
