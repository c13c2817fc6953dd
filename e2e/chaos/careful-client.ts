import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, type Reply, type Target } from '../flow/client.ts';

/** Counts what a careful client went through. */
export type Hardships = { calls: number; repeats: number; lostConnections: number };

/** No fault lasts as long; what has no answer by then never gets one. */
const patienceMs = 120_000;
/** A gateway that hangs is left for another one after this long; an upload may take its time. */
const answerWithinMs = { upload: 45_000, other: 20_000 };

/**
 * A client as an engineer would write one who knows that connections break: it makes the same call with the same key again,
 * at the next gateway, when no answer came or when it was asked to try again (429, 502, 503, 504, and 409 for a call that is
 * still in progress). Throws when two minutes were not enough.
 */
export function createCarefulClient(targets: readonly [Target, ...Target[]], hardships: Hardships): Client {
  const clients = targets.map((target) => createClient(target));
  let turn = 0;
  return {
    target: targets[0],
    async call(method, path, call = {}) {
      const key = call.key === undefined ? crypto.randomUUID() : call.key;
      const timeoutMs = call.files === undefined ? answerWithinMs.other : answerWithinMs.upload;
      const deadline = Date.now() + patienceMs;
      let last = 'nothing';
      hardships.calls += 1;
      for (let tries = 0; Date.now() < deadline; tries += 1) {
        if (tries > 0) {
          hardships.repeats += 1;
          await sleep(Math.min(1_000, 100 * 2 ** tries));
        }
        const client = clients[turn++ % clients.length];
        if (client === undefined) break;
        try {
          const reply = await client.call(method, path, { ...call, key, timeoutMs });
          if (!asksToRepeat(reply)) return reply;
          last = `${reply.status} ${reply.text.slice(0, 300)}`;
        } catch (error) {
          hardships.lostConnections += 1;
          last = error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error);
        }
      }
      throw new Error(`${method} ${path} got no answer in ${patienceMs / 1_000} s; the last one: ${last}`);
    },
  };
}

function asksToRepeat({ status, body }: Reply): boolean {
  if ([429, 502, 503, 504].includes(status)) return true;
  return status === 409 && ['idempotency-in-progress', 'envelope-busy'].includes(body?.code);
}
