import { z } from 'zod';
import type { RedisClient } from '../redis/open-redis.ts';
import type { Claim, IdempotencyStore } from './store.ts';

// One key is one hash: `f` fingerprint; `o` owner while the first request runs; `s` status, `h` headers (JSON) and `b`
// body once it has ended. Its time to live is the lease first, then how long the answer is kept, both by Redis's clock.
// Each script touches this one key, so it runs in a cluster, on whichever node has it.

const claim = `
local known = redis.call('HMGET', KEYS[1], 'f', 'o')
if not known[1] or known[2] == ARGV[2] then
  redis.call('HSET', KEYS[1], 'f', ARGV[1], 'o', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {'claimed'}
end
if known[1] ~= ARGV[1] then return {'mismatch'} end
if known[2] then return {'in-flight'} end
local answer = redis.call('HMGET', KEYS[1], 's', 'h', 'b')
return {'replay', answer[1], answer[2], answer[3]}
`;
const renew = `
if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;
const complete = `
if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'o')
redis.call('HSET', KEYS[1], 's', ARGV[2], 'h', ARGV[3], 'b', ARGV[4])
return redis.call('PEXPIRE', KEYS[1], ARGV[5])
`;
const release = `
if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;

/** What `defineCommand` adds to the client; the library cannot know it. */
type Scripts = {
  uwIdemClaimBuffer(key: string, fingerprint: string, owner: string, leaseMs: number): Promise<unknown>;
  uwIdemRenew(key: string, owner: string, leaseMs: number): Promise<unknown>;
  uwIdemComplete(
    key: string,
    owner: string,
    status: number,
    headers: string,
    body: Buffer,
    keepMs: number,
  ): Promise<unknown>;
  uwIdemRelease(key: string, owner: string): Promise<unknown>;
};

const headersSchema = z.record(z.string(), z.string());

/**
 * The store that all gateways share. Losing what Redis holds is no harm: a service answers repeats from its own record.
 * With several gateways a claim belongs to the one whose call runs, by its owner token, and ends with its lease.
 */
export function createRedisIdempotencyStore(client: RedisClient): IdempotencyStore {
  for (const [name, lua] of Object.entries({
    uwIdemClaim: claim,
    uwIdemRenew: renew,
    uwIdemComplete: complete,
    uwIdemRelease: release,
  })) {
    client.defineCommand(name, { numberOfKeys: 1, lua });
  }
  const scripts = client as RedisClient & Scripts;
  return {
    async claim(scope, { fingerprint, owner, leaseMs }) {
      return toClaim(await scripts.uwIdemClaimBuffer(keyOf(scope), fingerprint, owner, leaseMs));
    },
    async renew(scope, owner, leaseMs) {
      return (await scripts.uwIdemRenew(keyOf(scope), owner, leaseMs)) === 1;
    },
    async complete(scope, owner, { status, headers, body }, keepMs) {
      const kept = JSON.stringify(headers);
      return (await scripts.uwIdemComplete(keyOf(scope), owner, status, kept, body, keepMs)) === 1;
    },
    async release(scope, owner) {
      return (await scripts.uwIdemRelease(keyOf(scope), owner)) === 1;
    },
  };
}

/** The braces keep a key in one slot of a cluster, should a script ever need a second key of the same scope. */
function keyOf(scope: string): string {
  return `uw:idem:{${scope}}`;
}

function toClaim(reply: unknown): Claim {
  const [word, status, headers, body] = Array.isArray(reply) ? reply.map(bytesOf) : [];
  const outcome = word?.toString('latin1');
  if (outcome === 'claimed' || outcome === 'in-flight' || outcome === 'mismatch') return { outcome };
  if (outcome !== 'replay' || status === undefined || headers === undefined || body === undefined) {
    throw new Error('redis answered a claim in a way that nobody taught it');
  }
  return {
    outcome,
    answer: {
      status: Number(status.toString('latin1')),
      headers: headersSchema.parse(JSON.parse(headers.toString('utf8'))),
      body,
    },
  };
}

function bytesOf(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new Error('redis answered a claim without bytes');
}
