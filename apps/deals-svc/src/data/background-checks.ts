import { plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { DealElsewhere, OwnerIdentity } from '../domain/background/checks.ts';
import { type BackgroundOutcome, wireCheck } from '../domain/background/evaluate.ts';
import type { Deal } from '../domain/deal.ts';
import { asJson } from './columns.ts';
import { ssnColumn } from './deal-rows.ts';
import type { Fields } from './fields.ts';
import { Prisma } from './generated/client.ts';
import { einColumn } from './merchant-rows.ts';

const runsTable = plainTable('background_checks', Object.values(Prisma.BackgroundCheckScalarFieldEnum));

/** More rows of one EIN or owner say nothing new. */
const maxRows = 200;

/** What the background checks of `tenantId` look up and keep, in one transaction. */
export function createBackgroundChecks(tx: PlainTx, tenantId: string, deps: { newId: () => string; fields: Fields }) {
  return {
    /** Deals of other merchants with the EIN, newest first. */
    async dealsWithEin(ein: string, except: { merchantId: string }): Promise<DealElsewhere[]> {
      const indexes = deps.fields.index.all(ein, { tenantId, column: einColumn });
      return tx.$queryRaw<DealElsewhere[]>`
        SELECT d.id AS "dealId", d.merchant_id AS "merchantId"
        FROM merchants m JOIN deals d ON d.tenant_id = m.tenant_id AND d.merchant_id = m.id
        WHERE m.tenant_id = ${tenantId} AND (m.ein = ${ein} OR m.ein_index = ANY (${indexes}))
          AND m.id <> ${except.merchantId}::uuid AND d.deleted_at IS NULL
        ORDER BY d.created_at DESC, d.id DESC LIMIT ${maxRows}`;
    },
    /** Owners of other merchants' deals who share an e-mail address, a phone number or last four digits, newest first. */
    async ownersLike(owner: OwnerIdentity, except: { merchantId: string }): Promise<(OwnerIdentity & DealElsewhere)[]> {
      const { ownerEmail, ownerPhone, ownerSsnLast4 } = owner;
      const { seals, index } = deps.fields;
      const indexes = ownerSsnLast4 === null ? [] : index.all(ownerSsnLast4, { tenantId, column: ssnColumn });
      const rows = await tx.$queryRaw<(OwnerIdentity & DealElsewhere)[]>`
        SELECT id AS "dealId", merchant_id AS "merchantId", owner_name AS "ownerName", owner_email AS "ownerEmail",
          owner_phone AS "ownerPhone", owner_ssn_last4 AS "ownerSsnLast4"
        FROM deals_with_owner_like(${ownerEmail}, ${ownerPhone}, ${ownerSsnLast4}, ${indexes})
        WHERE tenant_id = ${tenantId} AND merchant_id <> ${except.merchantId}::uuid AND deleted_at IS NULL
          AND owner_name IS NOT NULL
        ORDER BY created_at DESC, id DESC LIMIT ${maxRows}`;
      return rows.map((row) => {
        const place = { tenantId, column: ssnColumn, row: [row.dealId] };
        return { ...row, ownerSsnLast4: row.ownerSsnLast4 === null ? null : seals.open(row.ownerSsnLast4, place) };
      });
    },
    /** The merchant's deals that were declined since, newest first. */
    async declinesOf(merchantId: string, since: Date): Promise<{ dealId: string; declinedAt: Date }[]> {
      return tx.$queryRaw<{ dealId: string; declinedAt: Date }[]>`
        SELECT id AS "dealId", declined_at AS "declinedAt" FROM deals
        WHERE tenant_id = ${tenantId} AND merchant_id = ${merchantId}::uuid AND declined_at >= ${since}
        ORDER BY declined_at DESC LIMIT ${maxRows}`;
    },
    /** Keeps one run with everything it saw. */
    async add(run: { deal: Deal; outcome: BackgroundOutcome; by: string; now: Date }): Promise<void> {
      const { deal, outcome } = run;
      runsTable.insert(tx, [
        {
          id: deps.newId(),
          tenantId,
          dealId: deal.id,
          merchantId: deal.merchantId,
          status: outcome.status,
          reasons: asJson(outcome.reasons),
          checks: asJson(outcome.checks.map(wireCheck)),
          runBy: run.by,
          createdAt: run.now,
        },
      ]);
    },
  };
}
