import { inOneStatement } from '@uw-wizard/shared/platform/plain-tx';
import type { Pool } from 'pg';
import type { Whereabouts } from '../domain/slot.ts';
import { isUuid } from './uuid.ts';

type Found = { tenant_id: string; id: string };

/**
 * The only questions that are put without a tenant: a webhook names none. Each is a function of the database that gives ids and nothing else, and whatever is
 * done with them is done as the tenant they name.
 */
export function createLookups(pool: Pool) {
  return {
    /** The envelope of one of `providers` that has this id there, or here. */
    async envelopeAtProvider(providers: readonly string[], id: string): Promise<Whereabouts | null> {
      const sql = 'SELECT tenant_id, id FROM envelope_at_provider($1, $2, $3)';
      const [found] = await inOneStatement<Found>(pool, sql, [providers, id, asUuid(id)]);
      return toWhereabouts(found);
    },
    /**
     * The envelope of a deal that went out, or may have: the outstanding one, else the newest. Deal ids are unique per
     * tenant only; one that several tenants have sent names none of them.
     */
    async envelopeOfDeal(dealId: string): Promise<Whereabouts | null> {
      const id = asUuid(dealId);
      if (id === null) return null;
      const found = await inOneStatement<Found>(pool, 'SELECT tenant_id, id FROM envelopes_of_deal($1)', [id]);
      return found.length === 1 ? toWhereabouts(found[0]) : null;
    },
  };
}

function toWhereabouts(row: Found | undefined): Whereabouts | null {
  return row === undefined ? null : { tenantId: row.tenant_id, envelopeId: row.id };
}

function asUuid(text: string): string | null {
  return isUuid(text) ? text.toLowerCase() : null;
}
