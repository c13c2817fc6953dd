import { neighbours } from '@uw-wizard/shared/contracts/neighbours';
import type { Bus } from '@uw-wizard/shared/platform/bus';
import type { Stoppable } from '@uw-wizard/shared/platform/worker';
import type { Standing } from './standing.ts';

/**
 * Asks for news as soon as an event passes by that tells of some, rather than with the next round. What is not heard is
 * found by that round.
 */
export function hearChanges(bus: Pick<Bus, 'hear'>, standing: Pick<Standing, 'catchUp'>): Stoppable {
  const lookNow = () => void standing.catchUp().catch(() => undefined);
  const hearing = neighbours.gateway.hears.map(({ type }) => bus.hear(type, lookNow));
  return {
    async stop() {
      for (const each of hearing) await each.stop();
    },
  };
}
