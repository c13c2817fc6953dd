import { DomainError } from '@uw-wizard/shared/errors';
import { audit } from '@uw-wizard/shared/platform/audit';
import { changesOf, valuesBefore } from '@uw-wizard/shared/platform/plain-table';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { refuseErased } from '../domain/erase-merchant.ts';
import { MERCHANT_NOT_FOUND } from '../domain/errors.ts';
import type { Merchant, NewMerchant } from '../domain/merchant.ts';
import { normaliseName } from '../domain/names.ts';
import type { Fields } from './fields.ts';
import {
  einColumn,
  type MerchantRow,
  merchantChanges,
  merchantsTable,
  toMerchant,
  toMerchantRow,
} from './merchant-rows.ts';

/** Businesses of one tenant. More rows than these of one name in one state are beyond what a name can tell apart. */
const maxCandidates = 100;

const wholeMerchant = `SELECT ${merchantsTable.columns('m')} FROM merchants m`;
const byId = `${wholeMerchant} WHERE m.tenant_id = $1 AND m.id = $2`;
const byIdLocked = `${byId} FOR UPDATE`;

/** The merchants of `tenantId`, in one transaction. */
export function createMerchants(tx: PlainTx, tenantId: string, { fields }: { fields: Fields }) {
  async function read(statement: string, merchantId: string): Promise<Merchant> {
    const [row] = await tx.rows<MerchantRow>(statement, [tenantId, merchantId]);
    if (row === undefined) throw new DomainError(MERCHANT_NOT_FOUND, `There is no merchant ${merchantId}.`);
    return toMerchant(fields, row);
  }
  const note = (action: string, entityId: string, before: object | null, after: object) =>
    audit(tx, { publisher: 'deals-svc', tenantId }, [{ action, entityType: 'merchant', entityId, before, after }]);
  return {
    /** Throws merchant-not-found. */
    get: (merchantId: string) => read(byId, merchantId),
    /** Holds everybody else who looks for or makes a merchant under one of `keys` until this transaction ends. */
    async lockIdentity(keys: readonly string[]): Promise<void> {
      for (const key of keys) tx.later('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${tenantId}|${key}`]);
    },
    /** Who `given` may be: those with its EIN, or with its normalised name and state; oldest first. */
    async candidates(given: NewMerchant): Promise<Merchant[]> {
      const { ein = null } = given;
      const indexes = ein === null ? [] : fields.index.all(ein, { tenantId, column: einColumn });
      const rows = await tx.rows<MerchantRow>(
        `${wholeMerchant}
         WHERE m.tenant_id = $1
           AND (m.normalised_name = $2 AND m.state IS NOT DISTINCT FROM $3 OR m.ein = $4 OR m.ein_index = ANY ($5))
         ORDER BY m.created_at, m.id LIMIT $6`,
        [tenantId, normaliseName(given.legalName), given.state ?? null, ein, indexes, maxCandidates],
      );
      return rows.map((row) => toMerchant(fields, row));
    },
    async add(merchant: Merchant): Promise<Merchant> {
      merchantsTable.insert(tx, [toMerchantRow(fields, merchant)]);
      note('merchant.created', merchant.id, null, merchant);
      return merchant;
    },
    /** Locks the merchant, lets `decide` say what becomes of it, saves that and returns the decision; the same object back saves nothing. */
    async change<D extends { merchant: Merchant }>(
      merchantId: string,
      decide: (merchant: Merchant) => D | Promise<D>,
    ): Promise<D> {
      const before = await read(byIdLocked, merchantId);
      refuseErased(before);
      const decision = await decide(before);
      const changes = changesOf(before, decision.merchant);
      merchantsTable.update(tx, { tenantId, id: merchantId }, merchantChanges(fields, decision.merchant, changes));
      if (decision.merchant !== before) note('merchant.updated', merchantId, valuesBefore(before, changes), changes);
      return decision;
    },
  };
}
