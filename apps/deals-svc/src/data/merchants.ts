import { DomainError } from '@uw-wizard/shared/errors';
import { MERCHANT_NOT_FOUND } from '../domain/errors.ts';
import type { Merchant, NewMerchant } from '../domain/merchant.ts';
import { normaliseName } from '../domain/names.ts';
import { toDateColumn, toDay } from './columns.ts';
import type { Tx } from './database.ts';
import type { Prisma, Merchant as Row } from './generated/client.ts';

/** A row of `merchants` as the domain sees it. */
export function toMerchant(row: Row): Merchant {
  return { ...row, businessStartDate: toDay(row.businessStartDate) };
}

function toRow(merchant: Merchant): Prisma.MerchantUncheckedCreateInput {
  return { ...merchant, businessStartDate: toDateColumn(merchant.businessStartDate) };
}

/** Businesses of one tenant. More rows than these of one name in one state are beyond what a name can tell apart. */
const maxCandidates = 100;

/** The merchants of `tenantId`, in one transaction. */
export function createMerchants(tx: Tx, tenantId: string) {
  async function get(merchantId: string): Promise<Merchant> {
    const row = await tx.merchant.findUnique({ where: { tenantId_id: { tenantId, id: merchantId } } });
    if (row === null) throw new DomainError(MERCHANT_NOT_FOUND, `There is no merchant ${merchantId}.`);
    return toMerchant(row);
  }
  return {
    /** Throws merchant-not-found. */
    get,
    /** Holds everybody else who looks for or makes a merchant under one of `keys` until this transaction ends. */
    async lockIdentity(keys: readonly string[]): Promise<void> {
      for (const key of keys)
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`${tenantId}|${key}`}, 0))`;
    },
    /** Who `given` may be: those with its EIN, or with its normalised name and state; oldest first. */
    async candidates(given: NewMerchant): Promise<Merchant[]> {
      const byName = { normalisedName: normaliseName(given.legalName), state: given.state ?? null };
      const rows = await tx.merchant.findMany({
        where: { tenantId, OR: [byName, ...(given.ein === undefined ? [] : [{ ein: given.ein }])] },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        take: maxCandidates,
      });
      return rows.map(toMerchant);
    },
    async add(merchant: Merchant): Promise<Merchant> {
      await tx.merchant.create({ data: toRow(merchant) });
      return merchant;
    },
    /** Locks the merchant, lets `decide` say what becomes of it, saves that and returns the decision; the same object back saves nothing. */
    async change<D extends { merchant: Merchant }>(
      merchantId: string,
      decide: (merchant: Merchant) => D | Promise<D>,
    ): Promise<D> {
      await tx.$queryRaw`SELECT id FROM merchants WHERE tenant_id = ${tenantId} AND id = ${merchantId}::uuid FOR UPDATE`;
      const before = await get(merchantId);
      const decision = await decide(before);
      if (decision.merchant !== before) {
        const data = toRow(decision.merchant);
        await tx.merchant.update({ where: { tenantId_id: { tenantId, id: merchantId } }, data });
      }
      return decision;
    },
  };
}
