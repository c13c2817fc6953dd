import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import type { Decision, Envelope } from '../domain/envelope.ts';
import type { SignFact } from '../domain/facts.ts';
import type { Lease, Slot } from '../domain/slot.ts';
import type { KeptEvent } from '../domain/webhook/report.ts';

/** What one tenant has here, in one transaction. */
export type TenantData = {
  readonly envelopes: {
    find(id: string): Promise<Envelope | null>;
    findByCommand(commandRef: string): Promise<Envelope | null>;
    /** By our id or by the provider's. */
    findByEitherId(id: string): Promise<Envelope | null>;
    /** Saves an intent. A deal's second outstanding envelope is a unique violation. */
    save(envelope: Envelope): Promise<void>;
    /** Locks the envelope and saves what `decide` makes of it with all it announces. Throws envelope-not-found. */
    change(id: string, decide: (present: Envelope) => Decision): Promise<Envelope>;
  };
  readonly slots: {
    lock(dealId: string): Promise<Slot | null>;
    open(dealId: string, newId: string): Promise<{ slot: Slot; isNew: boolean }>;
    renew(dealId: string, slot: { envelopeId: string; replaces: string }): Promise<void>;
    noteEnding(dealId: string): Promise<void>;
    close(dealId: string): Promise<void>;
  };
  readonly leases: {
    unhurried(): void;
    take(lease: Lease): Promise<boolean>;
    renew(lease: Lease): Promise<void>;
    letGo(lease: Lease): Promise<void>;
  };
  readonly webhookEvents: {
    keep(event: KeptEvent, receivedAt: Date, dueAt: Date | null): Promise<boolean>;
    settle(event: { provider: string; target: string; eventId: string }, at: Date): Promise<void>;
  };
  /** Throws `merchant-erased`; until this transaction ends the merchant is not erased either. */
  refuseErased(merchantId: string): Promise<void>;
  observe(dealId: string, time: string): Promise<void>;
  announce(about: { subject: string; dealId?: string }, fact: SignFact): Promise<void>;
};

/** What every use case of envelopes works with. */
export type EnvelopeDeps = {
  /** One transaction over one tenant's data; no network call belongs in it. */
  inTenant<T>(tenantId: string, work: (data: TenantData) => Promise<T>): Promise<T>;
  /** The same for what only looks, and begins all its looks at once. */
  look<T>(tenantId: string, work: (data: TenantData) => Promise<T>): Promise<T>;
  /** The last transaction of a command: its effect and its recorded answer, together. */
  commit<T>(command: Command<T>, work: (data: TenantData) => Promise<T>): Promise<RecordedAnswer>;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly log: Logger;
};
