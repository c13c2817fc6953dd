import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Agent } from 'undici';

/** Who logs in, where, and for how long they try. */
export type Crowd = { baseUrl: string; emails: readonly string[]; password: string; lastsMs: number };
/** How many have logged in, and how often each status was answered. */
export type CrowdTold = { loggedIn: number; answers: Record<number, number> };

const { baseUrl, emails, password, lastsMs } = workerData as Crowd;
// A connection for each: nobody in the crowd waits for another one.
const agent = new Agent({ connections: emails.length, pipelining: 1 });
const answers: Record<number, number> = {};
let loggedIn = 0;

parentPort?.postMessage('ready');
if (parentPort !== null) await once(parentPort, 'message');
const endsAt = performance.now() + lastsMs;
await Promise.all(emails.map(logIn));
await agent.destroy();
parentPort?.postMessage({ loggedIn, answers } satisfies CrowdTold);

/** One of the crowd: comes again when told to, as long as there is time. */
async function logIn(email: string): Promise<void> {
  while (performance.now() < endsAt) {
    const { statusCode, headers, body } = await agent.request({
      origin: baseUrl,
      method: 'POST',
      path: '/api/auth/login',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    await body.dump();
    answers[statusCode] = (answers[statusCode] ?? 0) + 1;
    if (statusCode === 200) {
      loggedIn += 1;
      return;
    }
    const waitMs = 1_000 * Number(headers['retry-after'] ?? 1);
    if (performance.now() + waitMs > endsAt) return;
    await sleep(waitMs);
  }
}
