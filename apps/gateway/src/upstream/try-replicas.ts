import { DomainError } from '@uw-wizard/shared/errors';
import { beginSpan, below } from '@uw-wizard/shared/platform/tracing';
import type { Link } from './links.ts';
import type { Replica } from './replica.ts';
import { isNeverSent, outOfTime, serviceAway, silence, upstreamError } from './upstream-error.ts';

/** One call at one replica, under way. `end` makes `answer` reject with `reason`, soon. */
export type Attempt<T> = { readonly answer: Promise<T>; end(reason: Error): void };

export type TriedCall = {
  /** Whether a second try does no harm although the first may have arrived: a read, or a call whose key the service knows. */
  readonly repeatable: boolean;
  /** Time for everything, all tries together. */
  readonly timeoutMs: number;
  /** Takes note of whom to tell when nobody waits for the answer any more. */
  readonly whenGone?: (tell: (reason: Error) => void) => void;
};

export type UpstreamFailure = 'unreachable' | 'lost' | 'silent' | 'timeout';

/** How long a try may be without an answer before its replica is asked whether it is alive. */
const slowMs = 1_000;

/**
 * Makes one call at one replica after the other until one of them answers; when all have failed it, once more at one of
 * them. A try that never left this process is made again whatever the call; one that was lost on its way, or whose
 * replica is found silent while another lives, only when the call is repeatable. Throws `service-unavailable`,
 * `bad-gateway` or `gateway-timeout`.
 */
export async function tryReplicas<T>(link: Link, call: TriedCall, begin: (replica: Replica) => Attempt<T>): Promise<T> {
  let ended: Error | null = null;
  let inHand: Attempt<T> | null = null;
  const end = (reason: Error) => {
    ended ??= reason;
    inHand?.end(reason);
  };
  const deadline = setTimeout(end, call.timeoutMs, outOfTime);
  call.whenGone?.(end);
  const tried: Replica[] = [];
  let failure: unknown;
  try {
    while (tried.length <= link.replicas.length && ended === null) {
      const replica = link.choose(tried);
      if (replica === null) break;
      tried.push(replica);
      const attributes = { 'peer.service': link.service, 'uw.try': tried.length };
      const span = beginSpan(`call ${link.service}`, { kind: 'client', attributes });
      const attempt = below(span, () => begin(replica));
      inHand = attempt;
      try {
        const answer = await watched(link, replica, attempt, call.repeatable);
        span.end();
        return answer;
      } catch (error) {
        span.end({ error });
        failure = error;
        if (ended !== null || error instanceof DomainError) break;
        const neverSent = isNeverSent(error);
        if (neverSent) replica.refused();
        else if (error !== silence) replica.broke();
        link.failed(neverSent ? 'unreachable' : error === silence ? 'silent' : 'lost');
        if (!neverSent && !call.repeatable) break;
      }
    }
  } finally {
    clearTimeout(deadline);
  }
  if (ended === outOfTime) link.failed('timeout');
  if (ended !== null) throw upstreamError(link.service, ended);
  throw failure === undefined ? serviceAway(link.service) : upstreamError(link.service, failure);
}

/** The answer of one try. Meanwhile a replica that takes long is asked whether it is alive, and given up if it is not. */
async function watched<T>(link: Link, replica: Replica, attempt: Attempt<T>, repeatable: boolean): Promise<T> {
  const waiting = {
    silent() {
      const elsewhere = link.replicas.some((other) => other !== replica && other.state() === 'live');
      if (repeatable && elsewhere) attempt.end(silence);
    },
  };
  replica.tries.add(waiting);
  const slow = setTimeout(replica.slow, slowMs);
  try {
    const answer = await attempt.answer;
    replica.answered();
    return answer;
  } finally {
    clearTimeout(slow);
    replica.tries.delete(waiting);
  }
}
