import type { Route } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { RATE_LIMITED } from '../errors.ts';

/** Bounds how many calls of a route are in hand, where its entry says so. */
export type Crowds = {
  /** Lets a call in, until what it returns is called. Throws `rate-limited` for one too many. */
  enter(route: Route): () => void;
};

const leaveNothing = () => undefined;

/** Counts for one gateway. One too many is refused before its body is read: a crowd costs others as little as it can. */
export function createCrowds(): Crowds {
  const inHand = new Map<Route, number>();
  return {
    enter(route) {
      if (route.atOnce === undefined) return leaveNothing;
      const present = inHand.get(route) ?? 0;
      if (present >= route.atOnce) {
        throw new DomainError(RATE_LIMITED, 'Very many make this call now. Try again in a moment.', {
          retryAfterSeconds: 1,
        });
      }
      inHand.set(route, present + 1);
      return () => void inHand.set(route, (inHand.get(route) ?? 1) - 1);
    },
  };
}
