import type { Deal } from '../domain/deal.ts';
import type { Merchant } from '../domain/merchant.ts';
import type { Tx } from './database.ts';
import { toDeal } from './deal-rows.ts';
import { type Deal as DealRow, type Merchant as MerchantRow, Prisma } from './generated/client.ts';
import { toMerchant } from './merchants.ts';

// The hottest statements: Prisma would make two of each.
const dealColumns = columnsOf('d', Object.values(Prisma.DealScalarFieldEnum), '');
const merchantColumns = columnsOf('m', Object.values(Prisma.MerchantScalarFieldEnum), 'merchant.');

/** Locks a deal that is not deleted until the transaction ends, and reads it as it then is; `null` when there is none. */
export async function lockDeal(tx: Tx, key: { tenantId: string; dealId: string }): Promise<Deal | null> {
  // All columns of the model, named as Prisma names them and read by the same driver adapter.
  const rows = await tx.$queryRaw<DealRow[]>`
    SELECT ${dealColumns} FROM deals d
    WHERE d.tenant_id = ${key.tenantId} AND d.id = ${key.dealId}::uuid AND d.deleted_at IS NULL FOR UPDATE`;
  return rows[0] === undefined ? null : toDeal(rows[0]);
}

/** A deal that is not deleted, and its merchant, in one statement; `null` when there is none. */
export async function findDealWithMerchant(
  tx: Tx,
  key: { tenantId: string; dealId: string },
): Promise<{ deal: Deal; merchant: Merchant } | null> {
  const rows = await tx.$queryRaw<Record<string, unknown>[]>`
    SELECT ${dealColumns}, ${merchantColumns}
    FROM deals d JOIN merchants m ON m.tenant_id = d.tenant_id AND m.id = d.merchant_id
    WHERE d.tenant_id = ${key.tenantId} AND d.id = ${key.dealId}::uuid AND d.deleted_at IS NULL`;
  const row = rows[0];
  if (row === undefined) return null;
  const columns = Object.entries(row).map(([name, value]) => [name.replace(/^merchant\./, ''), value] as const);
  const split = Object.values(Prisma.DealScalarFieldEnum).length;
  // All columns of both models, named as Prisma names them and read by the same driver adapter.
  const deal = Object.fromEntries(columns.slice(0, split)) as DealRow;
  const merchant = Object.fromEntries(columns.slice(split)) as MerchantRow;
  return { deal: toDeal(deal), merchant: toMerchant(merchant) };
}

/** A model's columns, each under its Prisma name after `prefix`. Columns are the snake_case of those names. */
function columnsOf(alias: string, names: readonly string[], prefix: string): Prisma.Sql {
  const column = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Prisma.raw(names.map((name) => `${alias}."${column(name)}" AS "${prefix}${name}"`).join(', '));
}
