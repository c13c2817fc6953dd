import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Deal } from '../domain/deal.ts';
import type { Merchant } from '../domain/merchant.ts';
import { type DealRow, dealsTable, toDeal } from './deal-rows.ts';
import type { Fields } from './fields.ts';
import { type MerchantRow, merchantsTable, toMerchant } from './merchant-rows.ts';

type Key = { tenantId: string; dealId: string };

const dealColumns = dealsTable.columns('d');
const wholeDeal = `SELECT ${dealColumns} FROM deals d WHERE d.tenant_id = $1 AND d.id = $2 AND d.deleted_at IS NULL`;
const wholeDealLocked = `${wholeDeal} FOR UPDATE`;

/** Finds a deal that is not deleted; `null` when there is none. */
export async function findDeal(tx: PlainTx, fields: Fields, { tenantId, dealId }: Key): Promise<Deal | null> {
  const [row] = await tx.rows<DealRow>(wholeDeal, [tenantId, dealId]);
  return row === undefined ? null : toDeal(fields, row);
}

/** Locks a deal that is not deleted until the transaction ends, and reads it as it then is; `null` when there is none. */
export async function lockDeal(tx: PlainTx, fields: Fields, { tenantId, dealId }: Key): Promise<Deal | null> {
  const [row] = await tx.rows<DealRow>(wholeDealLocked, [tenantId, dealId]);
  return row === undefined ? null : toDeal(fields, row);
}

const prefix = 'merchant.';
const dealWithMerchant = `
  SELECT ${dealColumns}, ${merchantsTable.columns('m', prefix)}
  FROM deals d JOIN merchants m ON m.tenant_id = d.tenant_id AND m.id = d.merchant_id
  WHERE d.tenant_id = $1 AND d.id = $2 AND d.deleted_at IS NULL`;

/** A deal that is not deleted, and its merchant, in one statement; `null` when there is none. */
export async function findDealWithMerchant(
  tx: PlainTx,
  fields: Fields,
  { tenantId, dealId }: Key,
): Promise<{ deal: Deal; merchant: Merchant } | null> {
  const [row] = await tx.rows<Record<string, unknown>>(dealWithMerchant, [tenantId, dealId]);
  if (row === undefined) return null;
  const part = (columns: readonly string[], before: string) =>
    Object.fromEntries(columns.map((field) => [field, row[`${before}${field}`]]));
  // All columns of both tables, each under its field's name.
  const deal = part(dealsTable.fields, '') as DealRow;
  const merchant = part(merchantsTable.fields, prefix) as MerchantRow;
  return { deal: toDeal(fields, deal), merchant: toMerchant(fields, merchant) };
}
