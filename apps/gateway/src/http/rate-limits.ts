import { createHash } from 'node:crypto';
import { DomainError } from '@uw-wizard/shared/errors';
import { networkOf } from '@uw-wizard/shared/platform/network-of';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { RATE_LIMITED } from '../errors.ts';
import type { RedisClient } from '../redis/open-redis.ts';
import { type Allowances, createAllowances, type Taken } from './allowances.ts';
import type { Call } from './call.ts';

/** Calls let through; 0 switches a limit off. */
export type Quotas = {
  readonly keyPerSecond: number;
  readonly addressPerSecond: number;
  readonly loginPerMinute: number;
};

/** Takes a counted call back: a replay is free. */
export type Refund = () => void;

export type RateLimits = {
  /** Counts a call of this address. */
  address(call: Call): Refund | Promise<Refund>;
  /** Counts a call of this credential. */
  key(call: Call, subject: string): Refund | Promise<Refund>;
  /** Counts an attempt to log in to the account that `body` names, if it names one. */
  login(call: Call, body: Buffer): Refund | Promise<Refund>;
};

type Limit = {
  readonly policy: string;
  readonly points: number;
  readonly windowSeconds: number;
  readonly allowances: Allowances;
};

const free: Refund = () => undefined;

/**
 * The limits: per address, per credential, and per account for logins; with `redis` all gateways count together, and each
 * for itself while it is away. Each throws `rate-limited` over its quota, and has
 * `RateLimit` and `RateLimit-Policy` put on the answer (draft-ietf-httpapi-ratelimit-headers: quota `q` per window of `w` seconds, `r` left, full again in `t`
 * seconds).
 */
export function createRateLimits(quotas: Quotas, redis?: RedisClient): RateLimits {
  const address = limitOf('address', quotas.addressPerSecond, 1, redis);
  const key = limitOf('key', quotas.keyPerSecond, 1, redis);
  const login = limitOf('login', quotas.loginPerMinute, 60, redis);
  return {
    address: (call) => (address === null ? free : count(address, call, networkOf(call.address))),
    key: (call, subject) => (key === null ? free : count(key, call, subject)),
    login(call, body) {
      const account = login === null ? null : accountOf(body);
      return login === null || account === null ? free : count(login, call, account);
    },
  };
}

function limitOf(policy: string, points: number, windowSeconds: number, redis: RedisClient | undefined): Limit | null {
  if (points === 0) return null;
  const options = { keyPrefix: `uw:limit:${policy}`, points, duration: windowSeconds };
  const alone = new RateLimiterMemory(options);
  const limiter =
    redis === undefined
      ? alone
      : new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true, insuranceLimiter: alone });
  // A twentieth at a time: one question for fifteen calls at the default, and an exact count where the quota is small.
  const batch = Math.max(1, Math.floor(points / 20));
  return { policy, points, windowSeconds, allowances: createAllowances(limiter, batch) };
}

function count(limit: Limit, call: Call, name: string): Refund | Promise<Refund> {
  const taken = limit.allowances.take(name);
  return taken instanceof Promise ? taken.then((later) => admit(limit, call, later)) : admit(limit, call, taken);
}

function admit({ policy, points, windowSeconds }: Limit, call: Call, taken: Taken): Refund {
  const seconds = Math.max(1, Math.ceil(taken.resetMs / 1000));
  call.limit = {
    policy: `"${policy}";q=${points};w=${windowSeconds}`,
    state: `"${policy}";r=${taken.remaining};t=${seconds}`,
  };
  if (taken.granted) return taken.giveBack;
  throw new DomainError(RATE_LIMITED, `At most ${points} calls per ${windowSeconds} s for each ${policy}.`, {
    retryAfterSeconds: seconds,
  });
}

/** The account a login is for, hashed, so that no address of a person is kept. Null when the body names none. */
function accountOf(body: Buffer): string | null {
  try {
    const { email, username } = JSON.parse(body.toString('utf8'));
    const account: unknown = email ?? username;
    if (typeof account !== 'string' || account === '') return null;
    return createHash('sha256').update(account.trim().toLowerCase()).digest('hex');
  } catch {
    return null;
  }
}
