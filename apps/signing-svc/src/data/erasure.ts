import { agreementTermsSchema } from '@uw-wizard/shared/contracts/asks';
import { erasedText } from '@uw-wizard/shared/platform/blank';
import type { Erased } from '@uw-wizard/shared/platform/erasure';
import { type FieldSeals, openJson, sealJson } from '@uw-wizard/shared/platform/field-encryption';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { isOutstanding } from '../domain/envelope-state.ts';
import { termsOf } from './envelope-rows.ts';

/** An envelope of somebody who is to be erased. */
export type ErasedEnvelope = { readonly id: string; readonly outstanding: boolean; readonly files: readonly string[] };

/** The merchant's envelopes with the keys of their files. */
export async function envelopesOfErased(
  tx: PlainTx,
  { tenantId, merchantId }: Pick<Erased, 'tenantId' | 'merchantId'>,
): Promise<ErasedEnvelope[]> {
  const rows = await tx.rows<{ id: string; state: Parameters<typeof isOutstanding>[0]; files: string[] }>(
    `SELECT id, state, array_remove(ARRAY[agreement_key, signed_key], NULL) AS files FROM envelopes
     WHERE tenant_id = $1 AND merchant_id = $2 ORDER BY id`,
    [tenantId, merchantId],
  );
  return rows.map(({ id, state, files }) => ({ id, outstanding: isOutstanding(state), files }));
}

/** Of each envelope remain its terms in figures, its states and times, and that its agreement was signed. */
export async function blankEnvelopes(tx: PlainTx, seals: FieldSeals, { tenantId, merchantId, dealIds }: Erased) {
  const merchant = { legal_name: erasedText, dba: null, entity_type: null, state: null, ein: null };
  const envelopes = await tx.rows<{ id: string; terms: unknown }>(
    'SELECT id, terms FROM envelopes WHERE tenant_id = $1 AND merchant_id = $2 ORDER BY id FOR UPDATE',
    [tenantId, merchantId],
  );
  for (const { id, terms } of envelopes) {
    const place = termsOf({ tenantId, id });
    const left = { ...agreementTermsSchema.parse(openJson(seals, terms, place)), merchant, owner_name: null };
    tx.later(
      `UPDATE envelopes SET recipient_email = $3, recipient_name = $3, terms = $4, terms_hash = $3,
         agreement_key = NULL, agreement_checksum = NULL, agreement_bytes = NULL,
         signed_key = NULL, signed_checksum = NULL, signed_bytes = NULL,
         void_reason = CASE WHEN void_reason IS NOT NULL THEN $3 END, due_at = NULL
       WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, erasedText, sealJson(seals, left, place)],
    );
  }
  const ids = envelopes.map(({ id }) => id);
  // A provider's own word for an event may be anything.
  const events = await tx.run(
    `UPDATE webhook_events SET facts = facts || jsonb_build_object('type', $3::text), due_at = NULL,
       settled_at = coalesce(settled_at, now())
     WHERE tenant_id = $1 AND (target = ANY($2) OR deal_id = ANY($4))`,
    [tenantId, ids, erasedText, dealIds],
  );
  return { rows: ids.length + events, ids };
}
