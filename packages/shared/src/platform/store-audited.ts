import { v7 as uuidv7 } from 'uuid';
import { auditRecorded } from '../contracts/audit.ts';
import { factOf, takeNotes } from './audit.ts';
import type { SqlTx } from './database.ts';
import { factsClaimOf, noteFacts } from './facts-claim.ts';
import { laterIn } from './later.ts';
import { claimedRow, draftOf } from './outbox.ts';

/**
 * Writes what was noted for the audit log in `tx` to the outbox, as the last thing before its commit. Each such event is
 * about itself: it has its place from the start, waits for nothing, and nothing waits for it.
 */
export async function storeAudited(tx: SqlTx): Promise<void> {
  const time = new Date().toISOString();
  const events = takeNotes(tx).map((note) => {
    const id = uuidv7();
    return { ...draftOf(note.tenantId, id, { ...factOf(note), subject: id }), sequence: 1, time };
  });
  if (events.length === 0) return;
  const claim = factsClaimOf(tx);
  await laterIn(tx)`
    INSERT INTO outbox (id, tenant_id, subject, sequence, type, envelope, attempts, leased_by, leased_until)
    SELECT id, tenant_id, id::text, 1, ${auditRecorded}, envelope::jsonb, ${claim === null ? 0 : 1}::int,
      ${claim?.relayId ?? null}::uuid, now() + ${claim?.leaseMs ?? null}::int * interval '1 millisecond'
    FROM unnest(
      ${events.map(({ id }) => id)}::uuid[], ${events.map(({ tenantid }) => tenantid)}::text[],
      ${events.map((event) => JSON.stringify(event))}::text[]
    ) AS audited (id, tenant_id, envelope)`;
  noteFacts(tx, claim === null ? { claimed: [], open: true } : { claimed: events.map(claimedRow), open: false });
}
