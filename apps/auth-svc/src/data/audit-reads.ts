import type { AuditFilter } from '../domain/audit-row.ts';
import type { AuthTx } from './database.ts';
import type { AuditLog, Prisma } from './generated/client.ts';
import type { Place } from './places.ts';

/** The audit log of `tenantId`, in one of its transactions. */
export function createAuditReads(tx: AuthTx, tenantId: string) {
  return {
    /** At most `limit` rows behind `from`, newest first. */
    async page(filter: AuditFilter, limit: number, from: Place | null): Promise<AuditLog[]> {
      const { since, until, ...equal } = filter;
      const given = Object.entries(equal).filter(([, value]) => value !== undefined);
      const asked: Prisma.AuditLogWhereInput = { tenantId, ...Object.fromEntries(given) };
      const times = { ...(since && { gte: since }), ...(until && { lt: until }) };
      // The first condition is one that the index of times can begin at; the second leaves out what was shown already.
      const behind = from === null ? {} : { at: { lte: from.time }, NOT: { at: from.time, id: { gte: from.id } } };
      return tx.auditLog.findMany({
        where: { AND: [asked, { at: times }, behind] },
        orderBy: [{ at: 'desc' }, { id: 'desc' }],
        take: limit,
      });
    },
  };
}
