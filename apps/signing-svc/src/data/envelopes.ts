import { audit } from '@uw-wizard/shared/platform/audit';
import type { FieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { fact, writeFacts } from '@uw-wizard/shared/platform/outbox';
import { changesOf, columnOf, valuesBefore } from '@uw-wizard/shared/platform/plain-table';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Decision, Envelope } from '../domain/envelope.ts';
import { envelopeNotFound } from '../domain/errors.ts';
import { contractOf, type SignFact } from '../domain/facts.ts';
import { changingColumns, type EnvelopeRow, envelopesTable, toEnvelope, toRow } from './envelope-rows.ts';
import { isUuid } from './uuid.ts';

/** The clock, and with what the terms are sealed. */
export type DataDeps = { readonly clock: () => Date; readonly seals: FieldSeals };

const whole = `SELECT ${envelopesTable.columns('e')} FROM envelopes e WHERE e.tenant_id = $1`;
const byId = `${whole} AND e.id = $2`;
const byIdLocked = `${byId} FOR UPDATE`;
const byCommand = `${whole} AND e.command_ref = $2`;
const byEitherId = `${whole} AND (e.id = $2 OR e.provider_envelope_id = $3)`;

const overwritten = envelopesTable.fields.map((field) => `${columnOf(field)} = excluded.${columnOf(field)}`);
const orOverwrite = `(id) DO UPDATE SET ${overwritten.join(', ')} WHERE envelopes.tenant_id = excluded.tenant_id`;

/** The envelopes of `tenantId`, in one transaction. What a decision announces goes out with its effect. */
export function createEnvelopes(tx: PlainTx, tenantId: string, { clock, seals }: DataDeps) {
  async function read(statement: string, ...ids: readonly (string | null)[]): Promise<Envelope | null> {
    const [row] = await tx.rows<EnvelopeRow>(statement, [tenantId, ...ids]);
    return row === undefined ? null : toEnvelope(seals, row);
  }

  async function announce(envelope: Envelope, facts: readonly SignFact[]): Promise<void> {
    const about = { dealId: envelope.dealId, merchantId: envelope.merchantId };
    await writeFacts(
      tx,
      { tenantId, now: clock() },
      facts.map((given) => fact(contractOf(given), about, given.data)),
    );
  }

  function note(action: string, { id }: Envelope, before: object | null, after: object): void {
    audit(tx, { publisher: 'signing-svc', tenantId }, [
      { action, entityType: 'envelope', entityId: id, before, after },
    ]);
  }

  return {
    find: (id: string): Promise<Envelope | null> => read(byId, id),
    findByCommand: (commandRef: string): Promise<Envelope | null> => read(byCommand, commandRef),
    /** By our id or by the provider's. */
    findByEitherId: (id: string): Promise<Envelope | null> => read(byEitherId, isUuid(id) ? id : null, id),
    /** Saves an intent. A deal's second outstanding envelope is a unique violation. */
    async save(envelope: Envelope): Promise<void> {
      envelopesTable.insert(tx, [{ ...toRow(seals, envelope), stepAttempts: 0 }], orOverwrite);
      const { dealId, recipientEmail, force, termsHash } = envelope;
      note(force ? 'signature.forced' : 'signature.requested', envelope, null, {
        dealId,
        recipientEmail,
        force,
        termsHash,
      });
    },
    /**
     * Locks the envelope, lets `decide` say what becomes of it and saves that with all it announces. Throws
     * envelope-not-found.
     */
    async change(id: string, decide: (envelope: Envelope) => Decision): Promise<Envelope> {
      const envelope = await read(byIdLocked, id);
      if (envelope === null) throw envelopeNotFound(id);
      const decision = decide(envelope);
      if (decision.envelope !== envelope) {
        // A new state begins its own count of tries.
        const stepAttempts = decision.envelope.state === envelope.state ? {} : { stepAttempts: 0 };
        const changes = changesOf(changingColumns(envelope), changingColumns(decision.envelope));
        envelopesTable.update(tx, { tenantId, id }, { ...changes, ...stepAttempts });
      }
      const changes = changesOf(envelope, decision.envelope);
      const action = decision.facts[0]?.type ?? 'envelope.updated';
      if (decision.envelope !== envelope) note(action, envelope, valuesBefore(envelope, changes), changes);
      await announce(envelope, decision.facts);
      return decision.envelope;
    },
  };
}
