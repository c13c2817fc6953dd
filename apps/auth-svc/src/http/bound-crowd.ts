import { DomainError } from '@uw-wizard/shared/errors';
import type { Handlers } from '@uw-wizard/shared/platform/http-app';
import pLimit from 'p-limit';
import { RATE_LIMITED } from '../domain/errors.ts';

/** Calls for which anybody can have a password checked: it keeps a core busy, and connections to the database. */
const costly = [
  'POST /api/auth/login',
  'POST /api/auth/password',
  'POST /api/auth/password-reset/confirm',
  'POST /api/auth/totp',
  'POST /api/auth/totp/disable',
];

/** One has its password checked while others ask the database: more at a time would open connections and gain nothing. */
const workedOnAtOnce = 3;

/**
 * Bounds how many costly calls are in hand at a time, all together, to `most`, of which all but a few wait for their turn.
 * Whoever comes in a crowd beyond that is told to come again, before anything is asked or counted: 429 `rate-limited`.
 */
export function boundCrowd(handlers: Handlers, most: number): Handlers {
  const inTurn = pLimit(workedOnAtOnce);
  let inHand = 0;
  const bounded = costly.map((name): [string, Handlers[string]] => [
    name,
    async (req, res) => {
      if (inHand >= most) {
        throw new DomainError(RATE_LIMITED, 'Many are logging in now. Try again in a moment.', {
          retryAfterSeconds: 1,
        });
      }
      inHand += 1;
      try {
        await inTurn(async () => handlers[name]?.(req, res));
      } finally {
        inHand -= 1;
      }
    },
  ]);
  return { ...handlers, ...Object.fromEntries(bounded) };
}
