import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Slot } from '../domain/slot.ts';

/** The slots of `tenantId`'s deals, in one transaction. Each is locked by whoever reads it, until commit. */
export function createSlots(tx: PlainTx, tenantId: string) {
  async function lock(dealId: string): Promise<Slot | null> {
    const [row] = await tx.rows<Slot>(
      `SELECT envelope_id AS "envelopeId", replaces, endings FROM envelope_slots
       WHERE tenant_id = $1 AND deal_id = $2 FOR UPDATE`,
      [tenantId, dealId],
    );
    return row ?? null;
  }

  return {
    lock,
    /** The deal's slot, opened with `newId` where there is none. */
    async open(dealId: string, newId: string): Promise<{ slot: Slot; isNew: boolean }> {
      const opening = tx.run(
        `INSERT INTO envelope_slots (tenant_id, deal_id, envelope_id) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, deal_id) DO NOTHING`,
        [tenantId, dealId, newId],
      );
      const [opened, slot] = await Promise.all([opening, lock(dealId)]);
      return { slot: slot ?? { envelopeId: newId, replaces: null, endings: 0 }, isNew: opened === 1 };
    },
    /** The deal's envelope has ended; the next one is another. */
    async renew(dealId: string, slot: { envelopeId: string; replaces: string }): Promise<void> {
      tx.later('UPDATE envelope_slots SET envelope_id = $3, replaces = $4 WHERE tenant_id = $1 AND deal_id = $2', [
        tenantId,
        dealId,
        slot.envelopeId,
        slot.replaces,
      ]);
    },
    /** The deal has ended. Its id stays: the deal's owner may have reserved the terms for it. */
    async noteEnding(dealId: string): Promise<void> {
      tx.later('UPDATE envelope_slots SET endings = endings + 1 WHERE tenant_id = $1 AND deal_id = $2', [
        tenantId,
        dealId,
      ]);
    },
    /** There is no such deal. */
    async close(dealId: string): Promise<void> {
      tx.later('DELETE FROM envelope_slots WHERE tenant_id = $1 AND deal_id = $2', [tenantId, dealId]);
    },
  };
}
