/** What a provider says became of an envelope. A recipient's mere receipt of an e-mail is `sent`. */
export type ProviderStatus = 'sent' | 'viewed' | 'signed' | 'declined' | 'voided';

/** An envelope as the provider has it. `reference` is ours, given when it was sent. */
export type ProviderEnvelope = {
  readonly providerEnvelopeId: string;
  readonly reference: string;
  readonly status: ProviderStatus;
};

/** What is to be signed, by whom. `reference` is our envelope's id; a provider keeps it and can be asked for it. */
export type SigningRequest = {
  readonly reference: string;
  readonly tenantId: string;
  readonly dealId: string;
  readonly subject: string;
  readonly recipientEmail: string;
  readonly recipientName: string;
  /** The agreement, a PDF with the anchors /sig1/ and /date1/ where the merchant signs. */
  readonly document: Buffer;
};

/**
 * A company that has documents signed. Calls may fail in two ways: ProviderRefused says that nothing was done, anything
 * else leaves open whether it was. `signal` is aborted when the caller waits no longer.
 */
export type SigningProvider = {
  readonly name: string;
  send(request: SigningRequest, signal: AbortSignal): Promise<ProviderEnvelope>;
  /** The envelope sent under our reference, or null when there is none: asked before anything is sent a second time. */
  find(reference: string, signal: AbortSignal): Promise<ProviderEnvelope | null>;
  /** The envelope as it stands, or null when there is none. */
  state(providerEnvelopeId: string, signal: AbortSignal): Promise<ProviderEnvelope | null>;
  /** Takes an envelope back. Refused when it has ended. */
  void(providerEnvelopeId: string, reason: string, signal: AbortSignal): Promise<void>;
  /** The signed PDF, or null while there is none. */
  signedDocument(providerEnvelopeId: string, signal: AbortSignal): Promise<Buffer | null>;
};

/** The provider said no, and nothing was done. */
export class ProviderRefused extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ProviderRefused';
  }
}
