import { type AlertData, alertSchema } from '@uw-wizard/shared/contracts/alerts';
import { alertRaised } from '@uw-wizard/shared/contracts/deals';
import { audit } from '@uw-wizard/shared/platform/audit';
import { fact, writeFacts } from '@uw-wizard/shared/platform/outbox';
import { plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Tx } from './database.ts';
import { Prisma } from './generated/client.ts';
import type { createTimeline } from './timeline.ts';

/** Something that people should look at, until somebody dismisses it. */
export type Alert = AlertData & {
  id: string;
  dealId: string | null;
  createdAt: Date;
  dismissedAt: Date | null;
  dismissedBy: string | null;
};

/** The place after which a page begins. */
export type AlertPosition = { createdAt: Date; id: string };

const columns = {
  id: true,
  severity: true,
  code: true,
  message: true,
  dealId: true,
  createdAt: true,
  dismissedAt: true,
  dismissedBy: true,
} as const;

const alertsTable = plainTable('alerts', Object.values(Prisma.AlertScalarFieldEnum));

/** Alerts of `tenantId` that come with what they are about, in its transaction. */
export function createAlerts(
  tx: PlainTx,
  tenantId: string,
  deps: {
    clock: () => Date;
    newId: () => string;
    timeline: Pick<ReturnType<typeof createTimeline>, 'keepWritten'>;
  },
) {
  return {
    /** Keeps an alert and announces it. Its message is cut to what the contract carries. */
    async raise(given: AlertData & { dealId?: string | undefined; merchantId?: string | undefined }): Promise<Alert> {
      const now = deps.clock();
      const id = deps.newId();
      const { severity, code, message } = alertSchema.parse({
        severity: given.severity,
        code: given.code.slice(0, 100),
        message: given.message.slice(0, 1000),
      });
      const about = { dealId: given.dealId ?? null, merchantId: given.merchantId ?? null };
      const row = {
        id,
        tenantId,
        severity,
        code,
        message,
        ...about,
        createdAt: now,
        dismissedAt: null,
        dismissedBy: null,
      };
      alertsTable.insert(tx, [row]);
      audit(tx, { publisher: 'deals-svc', tenantId }, [
        { action: 'alert.raised', entityType: 'alert', entityId: id, after: { severity, code, message, ...about } },
      ]);
      const subject =
        given.dealId === undefined ? { subject: id } : { dealId: given.dealId, merchantId: given.merchantId };
      const raised = fact(alertRaised, subject, { alert_id: id, severity, code, message });
      deps.timeline.keepWritten(await writeFacts(tx, { tenantId, now }, [raised]));
      return row;
    },
  };
}

/** The alerts of `tenantId` as people look at them, in one transaction. */
export function createAlertDesk(tx: Tx, tenantId: string, deps: { clock: () => Date }) {
  return {
    /** At most `limit` alerts after `after`, newest first. */
    async page(options: {
      limit: number;
      after: AlertPosition | null;
      includeDismissed: boolean;
      dealId: string | null;
    }): Promise<Alert[]> {
      const { after } = options;
      return tx.alert.findMany({
        where: {
          tenantId,
          ...(options.includeDismissed ? {} : { dismissedAt: null }),
          ...(options.dealId === null ? {} : { dealId: options.dealId }),
          ...(after === null
            ? {}
            : {
                createdAt: { lte: after.createdAt },
                NOT: { createdAt: after.createdAt, id: { gte: after.id } },
              }),
        },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: options.limit,
        select: columns,
      });
    },
    /** Marks an alert as dealt with; one that is already stays as it is. Null when there is none. */
    async dismiss(alertId: string, by: string): Promise<Alert | null> {
      const { count } = await tx.alert.updateMany({
        where: { tenantId, id: alertId, dismissedAt: null },
        data: { dismissedAt: deps.clock(), dismissedBy: by },
      });
      if (count === 1)
        audit(tx, { publisher: 'deals-svc', tenantId }, [
          { action: 'alert.dismissed', entityType: 'alert', entityId: alertId },
        ]);
      return tx.alert.findUnique({ where: { tenantId_id: { tenantId, id: alertId } }, select: columns });
    },
  };
}
