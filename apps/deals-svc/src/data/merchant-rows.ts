import { plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { Merchant } from '../domain/merchant.ts';
import { toDay } from './columns.ts';
import { type Fields, sealSearched } from './fields.ts';
import { Prisma, type Merchant as Row } from './generated/client.ts';

/** A row of `merchants` as the driver reads it. */
export type MerchantRow = Row;

export const merchantsTable = plainTable('merchants', Object.values(Prisma.MerchantScalarFieldEnum));

export const einColumn = 'merchants.ein';

const placeOf = ({ tenantId, id }: Pick<Merchant, 'tenantId' | 'id'>) => ({ tenantId, column: einColumn, row: [id] });

/** A row of `merchants` as the domain sees it. */
export function toMerchant({ seals }: Fields, { einIndex: _, ...row }: MerchantRow): Merchant {
  const ein = row.ein === null ? null : seals.open(row.ein, placeOf(row));
  return { ...row, ein, businessStartDate: toDay(row.businessStartDate) };
}

/** A merchant as its row; a day is written as it is. */
export function toMerchantRow(fields: Fields, merchant: Merchant): Record<keyof MerchantRow, unknown> {
  return { ...merchant, ...einColumns(fields, merchant) };
}

/** The columns of `changes`, which are of `merchant`. */
export function merchantChanges(
  fields: Fields,
  merchant: Merchant,
  changes: Partial<Merchant>,
): Partial<Record<keyof MerchantRow, unknown>> {
  return 'ein' in changes ? { ...changes, ...einColumns(fields, merchant) } : changes;
}

function einColumns(fields: Fields, merchant: Merchant) {
  const { kept, index } = sealSearched(fields, merchant.ein, placeOf(merchant));
  return { ein: kept, einIndex: index };
}
