import type { Envelope } from '@uw-wizard/shared/contracts/event';
import { plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { asJson } from './columns.ts';

const eventsTable = plainTable('events', ['id', 'tenantId', 'merchantId', 'dealId', 'type', 'time', 'data']);

const keepWritten = `
  INSERT INTO events (id, tenant_id, merchant_id, deal_id, type, time, data)
  SELECT id, tenant_id, (envelope->>'merchantid')::uuid, (envelope->>'dealid')::uuid, type,
    (envelope->>'time')::timestamptz, envelope->'data'
  FROM outbox WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND envelope ? 'dealid'`;

/** One entry of a deal's timeline. `time` is the event's own; `createdAt` is when it was kept here. */
export type TimelineEntry = { id: string; type: string; time: Date; createdAt: Date; data: Record<string, unknown> };

/** The place after which a page begins. */
export type TimelinePosition = { time: Date; id: string };

/** The timelines of the deals of `tenantId`, in one transaction. */
export function createTimeline(tx: PlainTx, tenantId: string) {
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
                data: asJson(event.data),
              },
            ],
      );
      eventsTable.insert(tx, rows, 'DO NOTHING');
    },
    /** Keeps the facts about deals that this transaction has written, named by their ids. */
    keepWritten(ids: readonly string[]): void {
      if (ids.length > 0) tx.later(keepWritten, [tenantId, ids]);
    },
    /** At most `limit` entries of a deal after `after`, newest first by (time, id). */
    async page(dealId: string, options: { limit: number; after: TimelinePosition | null }): Promise<TimelineEntry[]> {
      const time = options.after?.time ?? new Date(8.64e15);
      const id = options.after?.id ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff';
      return tx.rows<TimelineEntry>(
        `SELECT id, type, time, created_at AS "createdAt", data FROM events
         WHERE tenant_id = $1 AND deal_id = $2 AND (time, id) < ($3, $4)
         ORDER BY time DESC, id DESC LIMIT $5`,
        [tenantId, dealId, time, id, options.limit],
      );
    },
  };
}
