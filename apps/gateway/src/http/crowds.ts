import type { Route } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { RATE_LIMITED } from '../errors.ts';

/** Bounds how many calls of a route are in hand, where its entry says so. */
export type Crowds = {
  /** Lets a call in, until what it returns is called. Rejects with `rate-limited` for one too many. */
  enter(route: Route): (() => void) | Promise<never>;
};

const leaveNothing = () => undefined;

/** As many of those who were refused are told to come again in the same second, and none later than in a minute. */
const comeBackPerSecond = 20;
const latestMs = 60_000;

/** Refusals in one turn of the event loop: a thousand at once would hold up all other calls for as long as they take. */
const refusedPerTurn = 5;

/**
 * Counts for one gateway. One too many is refused before its body is read, and told when to come again: not all in the same
 * moment, in which most of them would be too many once more. So a crowd costs others as little as it can. `clock`: milliseconds.
 */
export function createCrowds(clock: () => number = () => performance.now()): Crowds {
  const inHand = new Map<Route, number>();
  const lastTurn = new Map<Route, number>();
  const nextTurn = (route: Route): number => {
    const now = clock();
    const next = Math.max(lastTurn.get(route) ?? 0, now) + 1_000 / comeBackPerSecond;
    const turn = Math.min(next, now + latestMs);
    lastTurn.set(route, turn);
    return Math.ceil((turn - now) / 1_000);
  };
  const waiting: (() => void)[] = [];
  const refuseSome = () => {
    for (const refuse of waiting.splice(0, refusedPerTurn)) refuse();
    if (waiting.length > 0) setImmediate(refuseSome);
  };
  const refuse = (route: Route): Promise<never> =>
    new Promise((_resolve, reject) => {
      const tellIt = () =>
        reject(
          new DomainError(RATE_LIMITED, 'Very many make this call now. Try again when it is your turn.', {
            retryAfterSeconds: nextTurn(route),
          }),
        );
      if (waiting.push(tellIt) === 1) setImmediate(refuseSome);
    });
  return {
    enter(route) {
      if (route.atOnce === undefined) return leaveNothing;
      const present = inHand.get(route) ?? 0;
      if (present >= route.atOnce) return refuse(route);
      inHand.set(route, present + 1);
      return () => void inHand.set(route, (inHand.get(route) ?? 1) - 1);
    },
  };
}
