import type { Logger } from '@uw-wizard/shared/platform/logger';
import type { DueWork } from '../data/due.ts';
import { type ConfirmDeps, confirmEvent } from '../usecases/confirm-event.ts';
import { type StepDeps, takeNextStep } from '../usecases/take-next-step.ts';
import { createSweep, type Sweep } from './create-sweep.ts';

const batch = 10;

/** Does what is due about envelopes: settles, takes back, fetches signed documents, and asks providers about kept events. */
export function createFollowUp(deps: StepDeps & ConfirmDeps & { dueWork: DueWork; pollMs: number }): Sweep {
  return createSweep({
    name: 'envelope follow-up',
    pollMs: deps.pollMs,
    log: deps.log,
    async step() {
      const events = await deps.dueWork.takeEvents(batch);
      const envelopes = await deps.dueWork.takeEnvelopes(batch);
      await Promise.all([
        ...events.map((event) => tried(deps.log, { event_id: event.eventId }, confirmEvent(deps, event))),
        ...envelopes.map((due) => tried(deps.log, { envelope_id: due.envelopeId }, takeNextStep(deps, due))),
      ]);
      return events.length === batch || envelopes.length === batch;
    },
  });
}

/** One that fails holds up no other; it has its own next time already. */
async function tried(log: Logger, about: Record<string, string>, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    log.warn({ err: error, ...about }, 'a step failed and is tried again');
  }
}
