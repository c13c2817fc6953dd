import { fact, writeFacts } from '@uw-wizard/shared/platform/outbox';
import type { Decision, Envelope } from '../domain/envelope.ts';
import { envelopeNotFound } from '../domain/errors.ts';
import { contractOf, type SignFact } from '../domain/facts.ts';
import type { Tx } from './database.ts';
import { toEnvelope, toRow } from './envelope-rows.ts';
import { isUuid } from './uuid.ts';

/** The envelopes of `tenantId`, in one transaction. What a decision announces goes out with its effect. */
export function createEnvelopes(tx: Tx, tenantId: string, clock: () => Date) {
  async function find(id: string): Promise<Envelope | null> {
    const row = await tx.envelope.findFirst({ where: { tenantId, id } });
    return row === null ? null : toEnvelope(row);
  }

  async function announce(envelope: Envelope, facts: readonly SignFact[]): Promise<void> {
    const about = { dealId: envelope.dealId, merchantId: envelope.merchantId };
    await writeFacts(
      tx,
      { tenantId, now: clock() },
      facts.map((given) => fact(contractOf(given), about, given.data)),
    );
  }

  return {
    find,
    async findByCommand(commandRef: string): Promise<Envelope | null> {
      const row = await tx.envelope.findFirst({ where: { tenantId, commandRef } });
      return row === null ? null : toEnvelope(row);
    },
    /** By our id or by the provider's. */
    async findByEitherId(id: string): Promise<Envelope | null> {
      const either = isUuid(id) ? [{ id }, { providerEnvelopeId: id }] : [{ providerEnvelopeId: id }];
      const row = await tx.envelope.findFirst({ where: { tenantId, OR: either } });
      return row === null ? null : toEnvelope(row);
    },
    /** Saves an intent. A deal's second outstanding envelope is a unique violation. */
    async save(envelope: Envelope): Promise<void> {
      const row = { ...toRow(envelope), stepAttempts: 0 };
      await tx.envelope.upsert({ where: { id: envelope.id, tenantId }, create: row, update: row });
    },
    /**
     * Locks the envelope, lets `decide` say what becomes of it and saves that with all it announces. Throws
     * envelope-not-found.
     */
    async change(id: string, decide: (envelope: Envelope) => Decision): Promise<Envelope> {
      await tx.$queryRaw`SELECT id FROM envelopes WHERE tenant_id = ${tenantId} AND id = ${id}::uuid FOR UPDATE`;
      const envelope = await find(id);
      if (envelope === null) throw envelopeNotFound(id);
      const decision = decide(envelope);
      if (decision.envelope !== envelope) {
        // A new state begins its own count of tries.
        const stepAttempts = decision.envelope.state === envelope.state ? {} : { stepAttempts: 0 };
        await tx.envelope.update({ where: { id, tenantId }, data: { ...toRow(decision.envelope), ...stepAttempts } });
      }
      await announce(envelope, decision.facts);
      return decision.envelope;
    },
  };
}
