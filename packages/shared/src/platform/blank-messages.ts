import { blankEnvelope, blankJson, erasedText } from './blank.ts';
import type { SqlTx } from './database.ts';

/** Which of a service's messages are about somebody who was erased. */
export type AboutErased = {
  readonly tenantId: string;
  /** What its events are about: deals, digests of numbers. */
  readonly subjects: readonly string[];
  /** Ids in whose company answers and dead letters speak of it: of merchant, deals, documents, texts … */
  readonly ids: readonly string[];
};

/**
 * Blanks what a service said, could not take in, and answered about somebody who was erased: the data of outbox rows, dead
 * letters and stored answers. Rows, ids, sequences and keys stay: consumers, a replay and a repeat of a call find all in its
 * place. Returns how many rows changed.
 */
export async function blankMessages(tx: SqlTx, { tenantId, subjects, ids }: AboutErased): Promise<number> {
  let changed = 0;
  const outbox = await tx.$queryRaw<{ id: string; envelope: object }[]>`
    SELECT id, envelope FROM outbox WHERE tenant_id = ${tenantId} AND subject = ANY(${subjects}::text[])`;
  for (const { id, envelope } of outbox) {
    const blanked = JSON.stringify(blankEnvelope(envelope));
    if (blanked === JSON.stringify(envelope)) continue;
    changed += await tx.$executeRaw`UPDATE outbox SET envelope = ${blanked}::jsonb WHERE id = ${id}::uuid`;
  }
  changed += await tx.$executeRaw`
    UPDATE inbox SET last_error = ${erasedText} WHERE tenant_id = ${tenantId} AND subject = ANY(${subjects}::text[])
      AND last_error IS NOT NULL AND last_error NOT IN ('early', ${erasedText})`;
  const letters = await tx.$queryRaw<{ id: string; body: string; reason: string }[]>`
    SELECT id, body, reason FROM dead_letter
    WHERE tenant_id = ${tenantId} AND EXISTS (SELECT FROM unnest(${ids}::text[]) id WHERE strpos(body, id) > 0)`;
  for (const { id, body, reason } of letters) {
    const blanked = blankLetter(body);
    if (blanked === body && reason === erasedText) continue;
    changed += await tx.$executeRaw`
      UPDATE dead_letter SET body = ${blanked}, reason = ${erasedText} WHERE id = ${id}::uuid`;
  }
  const answers = await tx.$queryRaw<{ ctid: string; body: string }[]>`
    SELECT ctid::text, body FROM idempotency WHERE tenant_id = ${tenantId} AND body <> '' AND EXISTS (
      SELECT FROM unnest(${ids}::text[]) id WHERE strpos(body, id) > 0 OR strpos(path, id) > 0) FOR UPDATE`;
  for (const { ctid, body } of answers) {
    const blanked = blankJson(body);
    if (blanked === body) continue;
    changed += await tx.$executeRaw`UPDATE idempotency SET body = ${blanked} WHERE ctid = ${ctid}::tid`;
  }
  return changed;
}

/** What can still be read as an event is one still, and can be replayed. */
export function blankLetter(body: string): string {
  try {
    const event: unknown = JSON.parse(body);
    return typeof event === 'object' && event !== null ? JSON.stringify(blankEnvelope(event)) : erasedText;
  } catch {
    return erasedText;
  }
}
