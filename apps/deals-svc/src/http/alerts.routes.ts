import { alertSchema } from '@uw-wizard/shared/contracts/alerts';
import { DomainError } from '@uw-wizard/shared/errors';
import { cursor, limit, writeCursor } from '@uw-wizard/shared/platform/cursor';
import { type Handlers, runCommand, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { z } from 'zod';
import { ALERT_NOT_FOUND } from '../domain/errors.ts';
import { type DismissAlertDeps, dismissAlert } from '../usecases/dismiss-alert.ts';
import { type ListAlertsDeps, listAlerts } from '../usecases/list-alerts.ts';
import type { Alert } from '../usecases/ports.ts';
import { type RaiseAlertDeps, raiseAlert } from '../usecases/raise-alert.ts';
import { parseBody, parseQuery, uuid } from './parse.ts';
import type { RouteDeps } from './route-deps.ts';

const listQuery = z.object({
  include_dismissed: z.enum(['true', 'false'], 'Send true or false.').default('false'),
  deal_id: uuid('Send the UUID of a deal.').optional(),
  limit: limit.default(100),
  cursor: cursor.optional(),
});

const raiseBody = z.strictObject({
  severity: alertSchema.shape.severity.default('info'),
  code: alertSchema.shape.code.default('note'),
  message: alertSchema.shape.message,
  deal_id: uuid('Send the UUID of a deal.').nullish(),
});

/** What people should look at. */
export function alertsRoutes(deps: RouteDeps & RaiseAlertDeps & { desk: ListAlertsDeps & DismissAlertDeps }): Handlers {
  return {
    'GET /api/alerts': async (req, res) => {
      const { tenant } = tenantIdentityOf(req);
      const query = parseQuery(listQuery, req);
      const { alerts, hasMore } = await listAlerts(deps.desk, {
        tenantId: tenant,
        limit: query.limit,
        after: query.cursor === undefined ? null : { createdAt: query.cursor.time, id: query.cursor.id },
        includeDismissed: query.include_dismissed === 'true',
        dealId: query.deal_id ?? null,
      });
      const last = alerts.at(-1);
      res.json({
        data: alerts.map(showAlert),
        next_cursor: hasMore && last !== undefined ? writeCursor({ time: last.createdAt, id: last.id }) : null,
        has_more: hasMore,
      });
    },

    'POST /api/alerts': (req, res) =>
      runCommand(
        req,
        res,
        { database: deps.database, show: (alert: Alert) => ({ status: 201, body: showAlert(alert) }) },
        async (command) => {
          const { deal_id: dealId, ...alert } = parseBody(raiseBody, req);
          return raiseAlert(deps, { command, alert: { ...alert, dealId: dealId ?? undefined } });
        },
      ),

    'POST /api/alerts/:id/dismiss': (req, res) =>
      runCommand(
        req,
        res,
        { database: deps.database, show: (alert: Alert) => ({ body: showAlert(alert) }) },
        async (command) => {
          const id = uuid().safeParse(req.params.id);
          if (!id.success) throw new DomainError(ALERT_NOT_FOUND, 'There is no such alert: an alert id is a UUID.');
          return dismissAlert(deps.desk, { command, alertId: id.data });
        },
      ),
  };
}

function showAlert(alert: Alert) {
  return {
    alert_id: alert.id,
    severity: alert.severity,
    code: alert.code,
    message: alert.message,
    deal_id: alert.dealId,
    created_at: alert.createdAt.toISOString(),
    dismissed_at: alert.dismissedAt?.toISOString() ?? null,
    dismissed_by: alert.dismissedBy,
  };
}
