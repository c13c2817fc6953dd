import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Alert, Alerts, Commit, Deals, NewAlert } from './ports.ts';

export type RaiseAlertDeps = { commit: Commit<{ alerts: Pick<Alerts, 'raise'>; deals: Pick<Deals, 'get'> }> };

/** Raises an alert by hand, about a deal or about nothing in particular. 404 `deal-not-found`. */
export function raiseAlert(
  deps: RaiseAlertDeps,
  input: { command: Command<Alert>; alert: NewAlert },
): Promise<RecordedAnswer> {
  return deps.commit(input.command, async (unit) => {
    const { dealId } = input.alert;
    if (dealId === undefined) return unit.alerts.raise(input.alert);
    const { merchantId } = await unit.deals.get(dealId);
    return unit.alerts.raise({ ...input.alert, merchantId });
  });
}
