import { credentialChanges } from '@uw-wizard/shared/contracts/asks';
import type { Ask } from '@uw-wizard/shared/platform/ask';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { inRequest } from '@uw-wizard/shared/platform/request-context';
import { pause } from '@uw-wizard/shared/platform/worker';

/** What was learned about a credential counts only while the news is younger than this. */
const newsGoodForMs = 5_000;
/** How often the gateway asks for news. */
const pollEveryMs = 500;
/** What is known about a credential is asked again after this, and so forgotten news of older changes are no loss. */
export const believedForMs = 30_000;
/** Longer than anything is believed, with the time that asking for it may take. */
const rememberedForMs = believedForMs + 15_000;

/** A trace that nobody records: polls would be most of what there is. */
const untraced = { request_id: '', traceparent: `00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-00` };

/** What auth-svc said of a credential that was asked for at `askedAtMs` (`performance.now()`), and whose it is. */
export type Known = { readonly askedAtMs: number; readonly ids: readonly string[] };

/**
 * Which credentials are no longer what auth-svc said they were: sessions that were ended, users who were disabled or may do
 * something else now, keys that were revoked. Held in memory, and asked for twice a second,
 * and whenever the bus tells of some (`hear-changes.ts`).
 */
export type Standing = {
  /** Whether nothing has been heard of these credentials since they were asked for. */
  unchanged(known: Known): boolean;
  /** The same, and the news is fresh: it counts without asking again. */
  stands(known: Known): boolean;
  /** Asks for news now; resolves when it is here, rejects when auth-svc is silent. */
  catchUp(): Promise<void>;
  /** Asks for news until it is aborted. */
  follow(signal: AbortSignal): Promise<void>;
};

/** Follows auth-svc's news over `ask`. */
export function followStanding(options: { ask: Ask; log: Logger; pollMs?: number }): Standing {
  const { ask, log, pollMs = pollEveryMs } = options;
  /** The newest change of each credential, in the order in which they were heard of. */
  const changes = new Map<string, { id: number; heardAtMs: number }>();
  let cursor: string | null = null;
  /** When the news was asked for that was heard last. */
  let freshAtMs = Number.NEGATIVE_INFINITY;
  /** Nothing counts that was asked for before. */
  let allChangedAtMs = Number.NEGATIVE_INFINITY;
  let silent = false;
  let underWay: Promise<void> | null = null;

  const forget = (nowMs: number) => {
    for (const [credential, { heardAtMs }] of changes) {
      if (nowMs - heardAtMs < rememberedForMs) return;
      changes.delete(credential);
    }
  };
  const poll = async () => {
    const askedAtMs = performance.now();
    const news = await ask(credentialChanges, { since: cursor });
    const heardAtMs = performance.now();
    if (news.all) allChangedAtMs = heardAtMs;
    for (const { id, credential_id: credential } of news.changes) {
      // One that is told again is not a new one.
      if (id <= (changes.get(credential)?.id ?? -1)) continue;
      changes.delete(credential);
      changes.set(credential, { id, heardAtMs });
    }
    cursor = news.cursor;
    freshAtMs = askedAtMs;
    forget(heardAtMs);
  };
  const unchanged = ({ askedAtMs, ids }: Known) =>
    askedAtMs > allChangedAtMs && ids.every((id) => (changes.get(id)?.heardAtMs ?? 0) < askedAtMs);
  const next = () => {
    const asked = poll().finally(() => {
      if (underWay === asked) underWay = null;
    });
    underWay = asked;
    return asked;
  };

  return {
    unchanged,
    stands: (known) => performance.now() - freshAtMs < newsGoodForMs && unchanged(known),
    // One that is under way may have been answered already, before what the caller wants to hear of.
    catchUp: () =>
      inRequest(untraced, async () => {
        await underWay?.catch(() => undefined);
        await (underWay ?? next());
      }),
    async follow(signal) {
      while (!signal.aborted) {
        const begunMs = performance.now();
        try {
          await inRequest(untraced, () => underWay ?? next());
          silent = false;
        } catch (err) {
          if (!silent && !signal.aborted) log.warn({ err }, 'auth-svc does not say which credentials have changed');
          silent = true;
        }
        await pause(Math.max(0, begunMs + pollMs - performance.now()), signal);
      }
    },
  };
}
