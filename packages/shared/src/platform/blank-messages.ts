import { blankEnvelope, blankJson, erasedText } from './blank.ts';
import { answerPlace } from './command.ts';
import type { AnswerSeals, SqlTx } from './database.ts';
import { sealedPrefix } from './field-encryption.ts';

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
 * place. `sealed`: of a service whose answers are. Returns how many rows changed.
 */
export async function blankMessages(
  tx: SqlTx,
  { tenantId, subjects, ids }: AboutErased,
  sealed?: AnswerSeals,
): Promise<number> {
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
  return changed + (await blankAnswers(tx, tenantId, ids, sealed));
}

type StoredAnswer = { principal: string; method: string; path: string; key: string; body: string };

/** Stored answers in which one of the ids is. What is sealed has to be opened first; it is sealed again. */
async function blankAnswers(
  tx: SqlTx,
  tenantId: string,
  ids: readonly string[],
  sealed: AnswerSeals | undefined,
): Promise<number> {
  let changed = 0;
  const answers = await tx.$queryRaw<StoredAnswer[]>`
    SELECT principal, method, path, key, body FROM idempotency
    WHERE tenant_id = ${tenantId} AND body <> '' AND (starts_with(body, ${sealedPrefix}) OR EXISTS (
      SELECT FROM unnest(${ids}::text[]) id WHERE strpos(body, id) > 0 OR strpos(path, id) > 0))`;
  for (const answer of answers) {
    const place = answerPlace(tenantId, answer);
    const text = sealed?.seals.open(answer.body, place) ?? answer.body;
    const blanked = blankJson(text);
    if (blanked === text || !ids.some((id) => text.includes(id) || answer.path.includes(id))) continue;
    changed += await tx.$executeRaw`
      UPDATE idempotency SET body = ${sealed?.seals.seal(blanked, place) ?? blanked}
      WHERE tenant_id = ${tenantId} AND principal = ${answer.principal} AND method = ${answer.method}
        AND path = ${answer.path} AND key = ${answer.key} AND body = ${answer.body}`;
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
