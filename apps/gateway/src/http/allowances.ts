import { LRUCache } from 'lru-cache';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';

/** What one name has in the present window: points in hand here, and what is left of the quota besides them. */
type Share = { inHand: number; elsewhere: number; readonly untilMs: number };

/** One call's point. `remaining` counts all that is left of the quota, `resetMs` until it is whole again. */
export type Taken = {
  readonly granted: boolean;
  readonly remaining: number;
  readonly resetMs: number;
  /** Gives the point back, as long as its window lasts. */
  readonly giveBack: () => void;
};

export type Allowances = {
  /** Takes one point of `name`'s quota; a promise only when the limiter had to be asked. */
  take(name: string): Taken | Promise<Taken>;
};

const nothing = () => undefined;
const maxNames = 50_000;

/**
 * Takes points from a limiter that several gateways share, a few at a time: most calls are counted here, without a way to
 * Redis and back. All gateways together never let more through than the quota. What one of them has in hand at the end of a window
 * is lost, so that with several of them a caller near its quota can be refused up to `batch` points early for each other one.
 * A name over its quota is refused here until its window ends.
 */
export function createAllowances(limiter: RateLimiterAbstract, batch: number): Allowances {
  const shares = new LRUCache<string, Share>({ max: maxNames });
  const questions = new Map<string, Promise<void>>();

  const ask = async (name: string) => {
    const state = await limiter.consume(name, batch).catch((refusal: unknown) => {
      if (refusal instanceof RateLimiterRes) return refusal;
      throw refusal;
    });
    // The batch that reaches over the quota still owns the part of it below.
    const granted = Math.min(batch, Math.max(0, limiter.points - (state.consumedPoints - batch)));
    const elsewhere = Math.max(0, limiter.points - state.consumedPoints);
    shares.set(name, { inHand: granted, elsewhere, untilMs: performance.now() + state.msBeforeNext });
  };
  /** One question at a time for a name: many at once would each take a batch. */
  const askOnce = (name: string) => {
    const asked = questions.get(name);
    if (asked !== undefined) return asked;
    const question = ask(name).finally(() => questions.delete(name));
    questions.set(name, question);
    return question;
  };
  const takeHere = (name: string): Taken | null => {
    const share = shares.get(name);
    if (share === undefined) return null;
    const resetMs = share.untilMs - performance.now();
    if (resetMs <= 0) return null;
    if (share.inHand > 0) {
      share.inHand -= 1;
      const giveBack = () => {
        share.inHand += 1;
      };
      return { granted: true, remaining: share.inHand + share.elsewhere, resetMs, giveBack };
    }
    return share.elsewhere === 0 ? { granted: false, remaining: 0, resetMs, giveBack: nothing } : null;
  };
  const takeAfterAsking = async (name: string): Promise<Taken> => {
    for (;;) {
      await askOnce(name);
      const taken = takeHere(name);
      if (taken !== null) return taken;
    }
  };
  return { take: (name) => takeHere(name) ?? takeAfterAsking(name) };
}
