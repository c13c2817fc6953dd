/** A company that carries texts. Adapters are in `data/`; the configuration chooses one. */
export type SmsProvider = {
  readonly name: 'mock';
  /** Sends one text. `reference` is ours and comes back in `find`. Resolves with the provider's id; rejects when it is not known to be sent. */
  send(text: {
    reference: string;
    sender: string | null;
    number: string;
    body: string;
  }): Promise<{ providerMessageId: string }>;
  /** What became of the text with our `reference`: asked after a crash, before anything is sent again. */
  find(reference: string): Promise<{ providerMessageId: string } | null>;
};
