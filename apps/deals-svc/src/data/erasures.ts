import { agreementTermsSchema } from '@uw-wizard/shared/contracts/asks';
import { erasureOf, merchantErased } from '@uw-wizard/shared/contracts/erasure';
import type { Publisher } from '@uw-wizard/shared/contracts/event';
import { audit } from '@uw-wizard/shared/platform/audit';
import { blankTexts, erasedText } from '@uw-wizard/shared/platform/blank';
import { blankAbout } from '@uw-wizard/shared/platform/erasure';
import { openJson, sealJson } from '@uw-wizard/shared/platform/field-encryption';
import { numberSubject } from '@uw-wizard/shared/platform/number-subject';
import { fact, writeFacts } from '@uw-wizard/shared/platform/outbox';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Pool } from 'pg';
import type { DealAtErasure } from '../domain/erase-merchant.ts';
import type { Fields } from './fields.ts';
import { termsPlace } from './reservations.ts';

/** How often a merchant's erasure was asked for, and who has answered which ask. */
export type ErasureState = { asked: number; answered: Readonly<Partial<Record<Publisher, number>>> };

/** What stays of a merchant: that it was erased, when, by whom and why. */
export type Tombstone = {
  tenantId: string;
  merchantId: string;
  erasedAt: Date;
  erasedBy: string;
  reason: string;
};

/** The erasures of `tenantId`, in one transaction. */
export function createErasures(tx: PlainTx, tenantId: string, deps: { clock: () => Date; fields: Fields }) {
  return {
    /** Locks the merchant's deals, then the merchant. Null: there is no such merchant. */
    async lock(merchantId: string): Promise<{ deals: DealAtErasure[] } | null> {
      const deals = await tx.rows<DealAtErasure>(
        `SELECT id, status, deleted_at AS "deletedAt", status NOT IN ('signed', 'closed') AND EXISTS (
           SELECT FROM signature_reservations r
           WHERE r.tenant_id = d.tenant_id AND r.deal_id = d.id AND r.released_at IS NULL) AS "envelopeOut"
         FROM deals d WHERE tenant_id = $1 AND merchant_id = $2 ORDER BY id FOR UPDATE`,
        [tenantId, merchantId],
      );
      const merchants = await tx.rows('SELECT id FROM merchants WHERE tenant_id = $1 AND id = $2 FOR UPDATE', [
        tenantId,
        merchantId,
      ]);
      return merchants.length === 0 ? null : { deals };
    },

    /** How many rows hold what would go, by table. */
    async count(merchantId: string, dealIds: readonly string[]): Promise<Record<string, number>> {
      const [found] = await tx.rows<Record<string, number>>(
        `SELECT
           (SELECT count(*)::int FROM events WHERE tenant_id = $1 AND deal_id = ANY($2)) AS "timeline events",
           (SELECT count(*)::int FROM background_checks WHERE tenant_id = $1 AND deal_id = ANY($2)) AS "background checks",
           (SELECT count(*)::int FROM signature_reservations WHERE tenant_id = $1 AND deal_id = ANY($2)) AS "agreements' terms",
           (SELECT count(*)::int FROM alerts WHERE tenant_id = $1 AND (deal_id = ANY($2) OR merchant_id = $3)) AS alerts,
           (SELECT count(*)::int FROM outbox WHERE tenant_id = $1 AND subject = ANY($2::text[])) AS "outbox rows"`,
        [tenantId, dealIds, merchantId],
      );
      return found ?? {};
    },

    /** Empties what says who it was, here, and asks everybody else to do so. Returns the number of this ask. */
    async erase(merchantId: string, dealIds: readonly string[], by: { name: string; reason: string }): Promise<number> {
      const now = deps.clock();
      const numbers = await numbersOf(tx, tenantId, merchantId);
      blankOwn(tx, { tenantId, merchantId, dealIds, now });
      await blankDocuments(tx, { tenantId, dealIds });
      await blankTerms(tx, deps.fields, { tenantId, dealIds });
      await blankAbout(tx, { tenantId, merchantId, dealIds, numbers: [] }, {}, deps.fields);
      const [noted] = await tx.rows<{ asked: number }>(
        `INSERT INTO erased_merchant (tenant_id, merchant_id, deal_ids, asked, answered, erased_at, erased_by, reason, answers)
         VALUES ($1, $2, $3, 1, 1, $4, $5, $6, jsonb_build_object('deals-svc', jsonb_build_object('ask', 1, 'at', $4::timestamptz)))
         ON CONFLICT (tenant_id, merchant_id) DO UPDATE SET asked = erased_merchant.asked + 1,
           answered = erased_merchant.asked + 1, deal_ids = excluded.deal_ids,
           answers = erased_merchant.answers || jsonb_build_object('deals-svc',
             jsonb_build_object('ask', erased_merchant.asked + 1, 'at', $4::timestamptz))
         RETURNING asked`,
        [tenantId, merchantId, dealIds, now, by.name, by.reason],
      );
      const ask = noted?.asked ?? 0;
      const actor = { kind: 'house', id: `operator ${by.name}`, role: null, address: null, user_agent: null } as const;
      audit(tx, { publisher: 'deals-svc', tenantId, actor }, [
        {
          action: 'merchant.erased',
          entityType: 'merchant',
          entityId: merchantId,
          after: { ask, deals: dealIds.length, reason: by.reason },
        },
      ]);
      await writeFacts(tx, { tenantId, now }, [
        fact(
          merchantErased,
          { subject: erasureOf(merchantId), merchantId },
          { merchant_id: merchantId, ask, deal_ids: [...dealIds], numbers },
        ),
      ]);
      return ask;
    },

    /** Locks the deal, deleted or not, and says whether its merchant was erased: what is kept of it now stays as it is. */
    async isErased(dealId: string): Promise<boolean> {
      const [deal] = await tx.rows<{ erased: boolean }>(
        'SELECT erased_at IS NOT NULL AS erased FROM deals WHERE tenant_id = $1 AND id = $2 FOR UPDATE',
        [tenantId, dealId],
      );
      return deal?.erased ?? false;
    },

    /** Another service has done its part of an ask. One that comes late does not undo a later one. */
    async noteAnswer(service: Publisher, given: { merchantId: string; ask: number; at: string }): Promise<void> {
      tx.later(
        `UPDATE erased_merchant
         SET answers = answers || jsonb_build_object($3::text, jsonb_build_object('ask', $4::int, 'at', $5::text))
         WHERE tenant_id = $1 AND merchant_id = $2 AND coalesce((answers->$3::text->>'ask')::int, 0) < $4::int`,
        [tenantId, given.merchantId, service, given.ask, given.at],
      );
    },

    /** How far the erasure is; null: the merchant was never erased. */
    async state(merchantId: string): Promise<ErasureState | null> {
      const [row] = await tx.rows<{ asked: number; answers: Answers }>(
        'SELECT asked, answers FROM erased_merchant WHERE tenant_id = $1 AND merchant_id = $2',
        [tenantId, merchantId],
      );
      return row === undefined ? null : { asked: row.asked, answered: asksOf(row.answers) };
    },
  };
}

type Answers = Record<string, { ask: number }>;

/** The ask that each has answered last. */
function asksOf(answers: Answers): ErasureState['answered'] {
  return Object.fromEntries(Object.entries(answers).map(([service, { ask }]) => [service, ask]));
}

/** The merchants that were erased, first first; of all tenants unless one is named. */
export async function listTombstones(worker: Pool, tenantId: string | undefined): Promise<Tombstone[]> {
  const { rows } = await worker.query<Tombstone>(
    `SELECT tenant_id AS "tenantId", merchant_id AS "merchantId", erased_at AS "erasedAt", erased_by AS "erasedBy", reason
     FROM erased_merchant WHERE $1::text IS NULL OR tenant_id = $1 ORDER BY erased_at, tenant_id, merchant_id`,
    [tenantId ?? null],
  );
  return rows;
}

/** Digests of the merchant's and the owners' phone numbers, by which texts without a deal are found. */
async function numbersOf(tx: PlainTx, tenantId: string, merchantId: string): Promise<string[]> {
  const rows = await tx.rows<{ number: string }>(
    `SELECT phone AS number FROM merchants WHERE tenant_id = $1 AND id = $2 AND phone IS NOT NULL
     UNION SELECT owner_phone FROM deals WHERE tenant_id = $1 AND merchant_id = $2 AND owner_phone IS NOT NULL`,
    [tenantId, merchantId],
  );
  return rows.map(({ number }) => numberSubject(number));
}

type Whose = { tenantId: string; merchantId: string; dealIds: readonly string[]; now: Date };

/** What the columns hold of a person goes; amounts, prices, statuses and times stay for the books. */
function blankOwn(tx: PlainTx, { tenantId, merchantId, dealIds, now }: Whose): void {
  tx.later(
    `UPDATE merchants SET legal_name = $3, normalised_name = $3, dba = NULL, ein = NULL, ein_index = NULL, state = NULL,
       business_start_date = NULL, industry_naics = NULL, entity_type = NULL, phone = NULL, email = NULL, ticker = NULL,
       external_id = NULL, version = version + 1, updated_at = $4, erased_at = coalesce(erased_at, $4)
     WHERE tenant_id = $1 AND id = $2`,
    [tenantId, merchantId, erasedText, now],
  );
  tx.later(
    `UPDATE deals SET use_of_funds = NULL, owner_name = NULL, owner_email = NULL, owner_phone = NULL,
       ownership_pct = NULL, stated_fico = NULL, owner_ssn_last4 = NULL,
       owner_ssn_last4_index = NULL, open_bankruptcy = NULL, confirmations = '[]',
       version = version + 1, updated_at = $3, erased_at = coalesce(erased_at, $3)
     WHERE tenant_id = $1 AND id = ANY($2)`,
    [tenantId, dealIds, now],
  );
  tx.later('UPDATE alerts SET message = $4 WHERE tenant_id = $1 AND (deal_id = ANY($2) OR merchant_id = $3)', [
    tenantId,
    dealIds,
    merchantId,
    erasedText,
  ]);
}

/** Of promised terms the figures stay. */
async function blankTerms(
  tx: PlainTx,
  { seals }: Fields,
  { tenantId, dealIds }: Pick<Whose, 'tenantId' | 'dealIds'>,
): Promise<void> {
  const reservations = await tx.rows<{ id: string; terms: unknown }>(
    'SELECT envelope_id AS id, terms FROM signature_reservations WHERE tenant_id = $1 AND deal_id = ANY($2)',
    [tenantId, dealIds],
  );
  const merchant = { legal_name: erasedText, dba: null, entity_type: null, state: null, ein: null };
  for (const { id, terms } of reservations) {
    const place = termsPlace(tenantId, id);
    const left = { ...agreementTermsSchema.parse(openJson(seals, terms, place)), owner_name: null, merchant };
    tx.later(
      'UPDATE signature_reservations SET terms_hash = $3, terms = $4 WHERE tenant_id = $1 AND envelope_id = $2',
      [tenantId, id, erasedText, sealJson(seals, left, place)],
    );
  }
}

/** Columns of JSON that hold sentences among their figures. */
async function blankDocuments(tx: PlainTx, { tenantId, dealIds }: Pick<Whose, 'tenantId' | 'dealIds'>): Promise<void> {
  const values = [tenantId, dealIds];
  const deals = await tx.rows<{ id: string; positions: unknown }>(
    'SELECT id, positions FROM deals WHERE tenant_id = $1 AND id = ANY($2)',
    values,
  );
  for (const { id, positions } of deals)
    tx.later('UPDATE deals SET positions = $3 WHERE tenant_id = $1 AND id = $2', [tenantId, id, blanked(positions)]);
  const events = await tx.rows<{ id: string; data: unknown }>(
    'SELECT id, data FROM events WHERE tenant_id = $1 AND deal_id = ANY($2)',
    values,
  );
  for (const { id, data } of events)
    tx.later('UPDATE events SET data = $3 WHERE tenant_id = $1 AND id = $2', [tenantId, id, blanked(data)]);
  const checks = await tx.rows<{ id: string; reasons: unknown; checks: unknown }>(
    'SELECT id, reasons, checks FROM background_checks WHERE tenant_id = $1 AND deal_id = ANY($2)',
    values,
  );
  for (const { id, reasons, checks: run } of checks)
    tx.later('UPDATE background_checks SET reasons = $3, checks = $4 WHERE tenant_id = $1 AND id = $2', [
      tenantId,
      id,
      blanked(reasons),
      blanked(run),
    ]);
}

function blanked(value: unknown): string {
  return JSON.stringify(blankTexts(value));
}
