import type { GivenUp } from '@uw-wizard/shared/platform/consumer';
import type { Alerts } from '../usecases/ports.ts';

/** A message that could not be taken in becomes an alert: something happened elsewhere that this service does not know of. */
export async function raiseGivenUp(unit: { alerts: Pick<Alerts, 'raise'> }, given: GivenUp): Promise<void> {
  await unit.alerts.raise({
    severity: 'critical',
    code: 'event-given-up',
    message: `The event ${given.type} (${given.eventId}) could not be taken in: ${given.reason}`,
    dealId: given.dealId,
  });
}
