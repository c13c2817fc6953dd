import type { Envelope } from '@uw-wizard/shared/contracts/event';
import type { Tx } from './database.ts';

/** One entry of a deal's timeline. `time` is the event's own; `createdAt` is when it was kept here. */
export type TimelineEntry = { id: string; type: string; time: Date; createdAt: Date; data: Record<string, unknown> };

/** The place after which a page begins. */
export type TimelinePosition = { time: Date; id: string };

/** The timelines of the deals of `tenantId`, in one transaction. */
export function createTimeline(tx: Tx, tenantId: string) {
  return {
    /** Keeps events under their own ids and times. One that is there already stays as it is; one without a deal is passed over. */
    async append(events: readonly Envelope[]): Promise<void> {
      const rows = events.flatMap((event) =>
        event.dealid === undefined
          ? []
          : [
              {
                id: event.id,
                tenantId,
                merchantId: event.merchantid ?? null,
                dealId: event.dealid,
                type: event.type,
                time: event.time,
                // Envelopes come out of JSON, or out of a contract that knows JSON only.
                data: event.data as object,
              },
            ],
      );
      if (rows.length > 0) await tx.timelineEvent.createMany({ data: rows, skipDuplicates: true });
    },
    /** At most `limit` entries of a deal after `after`, newest first by (time, id). */
    async page(dealId: string, options: { limit: number; after: TimelinePosition | null }): Promise<TimelineEntry[]> {
      const time = options.after?.time ?? new Date(8.64e15);
      const id = options.after?.id ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff';
      return tx.$queryRaw<TimelineEntry[]>`
        SELECT id, type, time, created_at AS "createdAt", data FROM events
        WHERE tenant_id = ${tenantId} AND deal_id = ${dealId}::uuid AND (time, id) < (${time}::timestamptz, ${id}::uuid)
        ORDER BY time DESC, id DESC LIMIT ${options.limit}`;
    },
  };
}
