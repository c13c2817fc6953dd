import { erasedText } from '@uw-wizard/shared/platform/blank';
import type { Erased } from '@uw-wizard/shared/platform/erasure';
import { numberSubject } from '@uw-wizard/shared/platform/number-subject';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';

/** `numberSubject` of the column `number`. */
const digest = "'number:' || left(encode(sha256(convert_to(number, 'UTF8')), 'hex'), 32)";

type Found = { id: string; number: string; status: string };

/**
 * Texts lose their numbers and words; that there was one, when, and how many segments it had stays. A STOP stays as it is,
 * and so does a consent that was taken back: without the number nobody could honour them (47 CFR 64.1200). Texts that are
 * about another merchant's deal, and consents of a number that is another merchant's too, are not touched.
 */
export async function eraseTexts(tx: PlainTx, { tenantId, merchantId, dealIds, numbers }: Erased) {
  const found = await findTexts(tx, { tenantId, merchantId, dealIds, numbers });
  // Whoever is about to send it reads it from here; it is done with in a minute.
  const underWay = found.find(({ status }) => status === 'intent');
  if (underWay !== undefined) throw new Error(`text ${underWay.id} is still under way`);
  const ids = found.map(({ id }) => id);
  tx.later('UPDATE messages SET number = $3, body = $3, error = NULL WHERE tenant_id = $1 AND id = ANY($2::uuid[])', [
    tenantId,
    ids,
    erasedText,
  ]);
  tx.later('UPDATE mock_messages SET number = $2, body = $2 WHERE reference = ANY($1::text[])', [ids, erasedText]);
  const own = await numbersOfNobodyElse(tx, tenantId, { found, numbers });
  const consents = await tx.run('DELETE FROM consents WHERE tenant_id = $1 AND number = ANY($2) AND granted', [
    tenantId,
    own,
  ]);
  tx.later('DELETE FROM block_lifts WHERE tenant_id = $1 AND number = ANY($2)', [tenantId, own]);
  return { rows: ids.length + consents, ids, subjects: own.map(numberSubject) };
}

/** The merchant's texts: those of its deals, and those without a deal to or from its numbers. */
function findTexts(tx: PlainTx, { tenantId, merchantId, dealIds, numbers }: Erased): Promise<Found[]> {
  return tx.rows<Found>(
    `WITH linked AS (
       SELECT id, number FROM messages WHERE tenant_id = $1 AND (merchant_id = $2 OR deal_id = ANY($3)))
     SELECT id, number, status FROM messages
     WHERE tenant_id = $1 AND number <> $5 AND (id IN (SELECT id FROM linked) OR merchant_id IS NULL AND (
       number IN (SELECT number FROM linked)
       OR ${digest} = ANY($4)))
     ORDER BY id FOR UPDATE`,
    [tenantId, merchantId, dealIds, numbers, erasedText],
  );
}

/** Of its numbers those that no other text of the tenant has. */
async function numbersOfNobodyElse(
  tx: PlainTx,
  tenantId: string,
  { found, numbers }: { found: readonly Found[]; numbers: readonly string[] },
): Promise<string[]> {
  const rows = await tx.rows<{ number: string }>(
    `SELECT number FROM (
       SELECT unnest($2::text[]) AS number
       UNION SELECT number FROM consents WHERE tenant_id = $1 AND ${digest} = ANY($3)
     ) known WHERE number NOT IN (SELECT number FROM messages WHERE tenant_id = $1)`,
    [tenantId, found.map(({ number }) => number), numbers],
  );
  return rows.map(({ number }) => number);
}
