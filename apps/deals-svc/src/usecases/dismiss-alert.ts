import { DomainError } from '@uw-wizard/shared/errors';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import { ALERT_NOT_FOUND } from '../domain/errors.ts';
import type { Alert, Alerts, Commit } from './ports.ts';

export type DismissAlertDeps = { commit: Commit<{ alerts: Pick<Alerts, 'dismiss'> }> };

/** Marks an alert as dealt with. Dismissed before: the same answer, by whom and when it was. 404 `alert-not-found`. */
export function dismissAlert(
  deps: DismissAlertDeps,
  input: { command: Command<Alert>; alertId: string },
): Promise<RecordedAnswer> {
  return deps.commit(input.command, async (unit) => {
    const alert = await unit.alerts.dismiss(input.alertId, input.command.identity.sub);
    if (alert === null) throw new DomainError(ALERT_NOT_FOUND, `There is no alert ${input.alertId}.`);
    return alert;
  });
}
