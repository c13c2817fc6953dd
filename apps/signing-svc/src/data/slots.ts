import type { Slot } from '../domain/slot.ts';
import type { Tx } from './database.ts';

/** The slots of `tenantId`'s deals, in one transaction. Each is locked by whoever reads it, until commit. */
export function createSlots(tx: Tx, tenantId: string) {
  async function lock(dealId: string): Promise<Slot | null> {
    const rows = await tx.$queryRaw<{ envelope_id: string; replaces: string | null }[]>`
      SELECT envelope_id, replaces FROM envelope_slots
      WHERE tenant_id = ${tenantId} AND deal_id = ${dealId}::uuid FOR UPDATE`;
    const row = rows[0];
    return row === undefined ? null : { envelopeId: row.envelope_id, replaces: row.replaces };
  }

  return {
    lock,
    /** The deal's slot, opened with `newId` where there is none. */
    async open(dealId: string, newId: string): Promise<Slot> {
      await tx.$executeRaw`
        INSERT INTO envelope_slots (tenant_id, deal_id, envelope_id) VALUES (${tenantId}, ${dealId}::uuid, ${newId}::uuid)
        ON CONFLICT (tenant_id, deal_id) DO NOTHING`;
      return (await lock(dealId)) ?? { envelopeId: newId, replaces: null };
    },
    /** The deal's envelope has ended; the next one is another. */
    async renew(dealId: string, slot: { envelopeId: string; replaces: string }): Promise<void> {
      await tx.$executeRaw`
        UPDATE envelope_slots SET envelope_id = ${slot.envelopeId}::uuid, replaces = ${slot.replaces}::uuid
        WHERE tenant_id = ${tenantId} AND deal_id = ${dealId}::uuid`;
    },
    /** The deal has no envelope and promises none. */
    async close(dealId: string): Promise<void> {
      await tx.$executeRaw`DELETE FROM envelope_slots WHERE tenant_id = ${tenantId} AND deal_id = ${dealId}::uuid`;
    },
  };
}
