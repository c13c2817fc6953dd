import {
  type ProviderEnvelope,
  ProviderRefused,
  type ProviderStatus,
  type SigningProvider,
} from '../../domain/signing-provider.ts';
import { connectMessage } from './connect-message.ts';
import type { MockEnvelope, MockLedger, MockStatus } from './ledger.ts';

/** What a person does to the mock's envelope, in place of a merchant. */
export type MockAction = 'view' | 'sign' | 'decline';

export type MockProvider = SigningProvider & {
  /** What it keeps of people goes, of the envelopes with these references. */
  forget(references: readonly string[]): Promise<void>;
  /** Moves an envelope and lets the mock call the webhook. `ended` when it can be moved no more. */
  act(providerEnvelopeId: string, action: MockAction): Promise<{ status: ProviderStatus; ended: boolean }>;
};

const statusOf: Readonly<Record<MockStatus, ProviderStatus>> = {
  sent: 'sent',
  delivered: 'viewed',
  completed: 'signed',
  declined: 'declined',
  voided: 'voided',
};
const moves = {
  view: { status: 'delivered', event: 'envelope-delivered' },
  sign: { status: 'completed', event: 'envelope-completed' },
  decline: { status: 'declined', event: 'envelope-declined' },
} as const satisfies Record<MockAction, { status: MockStatus; event: string }>;

/**
 * A signing provider without a company behind it: envelopes in its own ledger, moved by hand, with calls to the webhook in
 * DocuSign Connect's form. `onMove` is told when there is a call to make; `stamp` makes the signed document.
 */
export function createMockProvider(
  ledger: MockLedger,
  { onMove, stamp }: { onMove: () => void; stamp: (envelope: MockEnvelope) => Promise<Buffer> },
): MockProvider {
  return {
    name: 'mock',
    forget: (references) => ledger.forget(references),
    send: async (request) => toProviderEnvelope(await ledger.add(request)),
    async find(reference) {
      const found = await ledger.findByReference(reference);
      return found === null ? null : toProviderEnvelope(found);
    },
    async state(id) {
      const found = isUuid(id) ? await ledger.find(id) : null;
      return found === null ? null : toProviderEnvelope(found);
    },
    async void(id, reason) {
      const moved = await ledger.move(id, ({ status }) =>
        status === 'sent' || status === 'delivered' ? { status: 'voided', voidReason: reason } : null,
      );
      if (moved === null) throw new ProviderRefused(`the mock has no envelope ${id}`);
      if (moved.status !== 'voided') throw new ProviderRefused(`the mock's envelope ${id} is ${moved.status}`);
    },
    async signedDocument(id) {
      const found = await ledger.find(id);
      return found?.status === 'completed' ? stamp(found) : null;
    },
    async act(id, action) {
      const { status, event } = moves[action];
      const moved = await ledger.move(id, (envelope, now) => {
        const open = envelope.status === 'sent' || (envelope.status === 'delivered' && action !== 'view');
        return open ? { status, event, body: connectMessage(envelope, { status, event, at: now }) } : null;
      });
      if (moved === null) throw new ProviderRefused(`the mock has no envelope ${id}`);
      onMove();
      const seen = moved.status === status || (action === 'view' && moved.status === 'completed');
      return { status: statusOf[moved.status], ended: !seen };
    },
  };
}

function toProviderEnvelope({ id, reference, status }: MockEnvelope): ProviderEnvelope {
  return { providerEnvelopeId: id, reference, status: statusOf[status] };
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
