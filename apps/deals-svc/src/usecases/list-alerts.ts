import type { Alert, AlertPosition, Alerts, InTenant } from './ports.ts';

export type ListAlertsDeps = { inTenant: InTenant<{ alerts: Pick<Alerts, 'page'> }> };

/** One page of the alerts, newest first, and whether there are more. Dismissed ones only when asked for. */
export function listAlerts(
  deps: ListAlertsDeps,
  input: {
    tenantId: string;
    limit: number;
    after: AlertPosition | null;
    includeDismissed: boolean;
    dealId: string | null;
  },
): Promise<{ alerts: Alert[]; hasMore: boolean }> {
  const { tenantId, limit, ...rest } = input;
  return deps.inTenant(tenantId, async (unit) => {
    // One more than asked for tells whether there are more.
    const alerts = await unit.alerts.page({ ...rest, limit: limit + 1 });
    return { alerts: alerts.slice(0, limit), hasMore: alerts.length > limit };
  });
}
