import { createHash } from 'node:crypto';
import { DomainError } from '@uw-wizard/shared/errors';
import type { Response } from 'express';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { RATE_LIMITED } from '../errors.ts';
import { networkOf } from './network-of.ts';

/** Calls let through; 0 switches a limit off. */
export type Quotas = {
  readonly keyPerSecond: number;
  readonly addressPerSecond: number;
  readonly loginPerMinute: number;
};

/** One limit and the names under which it counts. */
type Limit = { readonly policy: string; readonly limiter: RateLimiterAbstract } | null;

export type RateLimits = {
  /** Counts a call of this address. */
  address(res: Response, address: string): Promise<void>;
  /** Counts a call of this credential. */
  key(res: Response, subject: string): Promise<void>;
  /** Takes back what `address`, and `key` when a subject is given, counted for one call: a replay is free. */
  refund(address: string, subject: string | null): Promise<void>;
  /** Counts an attempt to log in to the account that `body` names, if it names one. */
  login(res: Response, body: Buffer): Promise<void>;
};

/**
 * The limits: per address, per credential, and per account for logins. Each throws `rate-limited` over its quota, and puts
 * `RateLimit` and `RateLimit-Policy` on the answer (draft-ietf-httpapi-ratelimit-headers: quota `q` per window of `w`
 * seconds, `r` left, full again in `t` seconds).
 */
export function createRateLimits(quotas: Quotas): RateLimits {
  const address = limitOf('address', quotas.addressPerSecond, 1);
  const key = limitOf('key', quotas.keyPerSecond, 1);
  const login = limitOf('login', quotas.loginPerMinute, 60);
  return {
    address: (res, from) => count(address, res, networkOf(from)),
    key: (res, subject) => count(key, res, subject),
    async refund(from, subject) {
      await address?.limiter.reward(networkOf(from), 1);
      if (subject !== null) await key?.limiter.reward(subject, 1);
    },
    async login(res, body) {
      const account = accountOf(body);
      if (account !== null) await count(login, res, account);
    },
  };
}

function limitOf(policy: string, points: number, duration: number): Limit {
  return points === 0 ? null : { policy, limiter: new RateLimiterMemory({ keyPrefix: policy, points, duration }) };
}

async function count(limit: Limit, res: Response, name: string): Promise<void> {
  if (limit === null) return;
  const { policy, limiter } = limit;
  try {
    show(res, limit, await limiter.consume(name));
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    show(res, limit, refusal);
    throw new DomainError(
      RATE_LIMITED,
      `At most ${limiter.points} calls per ${limiter.duration} s for each ${policy}.`,
      {
        retryAfterSeconds: secondsLeft(refusal),
      },
    );
  }
}

function show(res: Response, { policy, limiter }: NonNullable<Limit>, state: RateLimiterRes): void {
  res.setHeader('RateLimit-Policy', `"${policy}";q=${limiter.points};w=${limiter.duration}`);
  res.setHeader('RateLimit', `"${policy}";r=${state.remainingPoints};t=${secondsLeft(state)}`);
}

function secondsLeft(state: RateLimiterRes): number {
  return Math.max(1, Math.ceil(state.msBeforeNext / 1000));
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
