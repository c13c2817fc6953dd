import { plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { Merchant } from '../domain/merchant.ts';
import { toDay } from './columns.ts';
import { Prisma, type Merchant as Row } from './generated/client.ts';

/** A row of `merchants` as the driver reads it. */
export type MerchantRow = Row;

export const merchantsTable = plainTable('merchants', Object.values(Prisma.MerchantScalarFieldEnum));

/** A row of `merchants` as the domain sees it. A merchant is its own row the other way: a day is written as it is. */
export function toMerchant(row: MerchantRow): Merchant {
  return { ...row, businessStartDate: toDay(row.businessStartDate) };
}
