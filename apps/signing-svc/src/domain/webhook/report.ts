import type { ProviderStatus } from '../signing-provider.ts';

/** What a verified webhook says, whichever way it was written. */
export type Report = {
  /** Whose form it came in. */
  readonly source: 'docusign' | 'dropboxsign' | 'normalised';
  /** What it is about: a provider's envelope, or, in the normalised form, a deal of ours. */
  readonly about: { readonly providerEnvelopeId: string } | { readonly dealId: string };
  /** Names the event among those about the same envelope. */
  readonly eventId: string;
  /** The event in the sender's own word, for the record. */
  readonly type: string;
  /** What the event does to an envelope; null for those that do nothing to it. */
  readonly status: ProviderStatus | null;
  /** A deal that the event names besides the envelope: believed never, compared always. */
  readonly claimedDealId: string | null;
  /** Whether the signature covers what it says. When not, the provider is asked before anything moves. */
  readonly covered: boolean;
};

/** A report as it is kept. `target` is our envelope's id, or what was named when we know no such envelope. */
export type KeptEvent = {
  readonly provider: Report['source'];
  readonly target: string;
  readonly eventId: string;
  readonly dealId: string | null;
  readonly facts: { readonly type: string; readonly claimed_deal_id: string | null };
  readonly matched: boolean;
};
