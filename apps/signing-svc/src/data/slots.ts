import type { Slot } from '../domain/slot.ts';
import type { Tx } from './database.ts';

/** The slots of `tenantId`'s deals, in one transaction. Each is locked by whoever reads it, until commit. */
export function createSlots(tx: Tx, tenantId: string) {
  async function lock(dealId: string): Promise<Slot | null> {
    const rows = await tx.$queryRaw<{ envelope_id: string; replaces: string | null; endings: number }[]>`
      SELECT envelope_id, replaces, endings FROM envelope_slots
      WHERE tenant_id = ${tenantId} AND deal_id = ${dealId}::uuid FOR UPDATE`;
    const row = rows[0];
    return row === undefined ? null : { envelopeId: row.envelope_id, replaces: row.replaces, endings: row.endings };
  }

  return {
    lock,
    /** The deal's slot, opened with `newId` where there is none. */
    async open(dealId: string, newId: string): Promise<{ slot: Slot; isNew: boolean }> {
      const opened = await tx.$executeRaw`
        INSERT INTO envelope_slots (tenant_id, deal_id, envelope_id) VALUES (${tenantId}, ${dealId}::uuid, ${newId}::uuid)
        ON CONFLICT (tenant_id, deal_id) DO NOTHING`;
      const slot = (await lock(dealId)) ?? { envelopeId: newId, replaces: null, endings: 0 };
      return { slot, isNew: opened === 1 };
    },
    /** The deal's envelope has ended; the next one is another. */
    async renew(dealId: string, slot: { envelopeId: string; replaces: string }): Promise<void> {
      await tx.$executeRaw`
        UPDATE envelope_slots SET envelope_id = ${slot.envelopeId}::uuid, replaces = ${slot.replaces}::uuid
        WHERE tenant_id = ${tenantId} AND deal_id = ${dealId}::uuid`;
    },
    /** The deal has ended. Its id stays: the deal's owner may have reserved the terms for it. */
    async noteEnding(dealId: string): Promise<void> {
      await tx.$executeRaw`
        UPDATE envelope_slots SET endings = endings + 1 WHERE tenant_id = ${tenantId} AND deal_id = ${dealId}::uuid`;
    },
    /** There is no such deal. */
    async close(dealId: string): Promise<void> {
      await tx.$executeRaw`DELETE FROM envelope_slots WHERE tenant_id = ${tenantId} AND deal_id = ${dealId}::uuid`;
    },
  };
}
