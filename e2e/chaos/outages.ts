import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import type { Part } from '../cluster/part.ts';
import { type Client, createClient, type Reply } from '../flow/client.ts';
import { prepareFlows, runFlows } from '../flow/many-flows.ts';
import { inventMerchant } from '../flow/merchant.ts';
import { oneOfEverything } from '../house/census.ts';
import { audit, type Finding, stillOpen } from './audit.ts';

/** What an outage showed: how many calls were made in it, and what was not as promised. */
export type Outage = { calls: number; faults: readonly string[] };

/** After the bus is back every event is where it belongs within this time. */
const arrivedWithinMs = 10_000;

/** Without NATS: calls that need only their own service answer as ever, and every event arrives once it is back, in order. */
export async function withoutNats(
  cluster: Cluster,
  { lastsMs, seed }: { lastsMs: number; seed: number },
): Promise<Outage> {
  const client = createClient(cluster.targets[0]);
  const nats = cluster.part('nats');
  const faults: string[] = [];
  const endsAt = Date.now() + lastsMs;
  let calls = 0;
  const expect200 = (what: string, reply: Reply) => {
    calls += 1;
    if (reply.status !== 200) faults.push(`${what}: ${reply.status} ${reply.text.slice(0, 300)}`);
  };
  await nats.kill();
  for (let at = 0; Date.now() < endsAt; at += 1) {
    const merchant = inventMerchant(seed + at);
    const started = await client.call('POST', '/api/deals/start', {
      json: { merchant: merchant.start, source: 'web' },
    });
    expect200('start', started);
    const { deal_id: dealId } = started.body;
    const json = { deal_id: dealId, answers: merchant.answers };
    expect200('intake', await client.call('POST', '/api/intake/answer', { json }));
    expect200('deal', await client.call('GET', `/api/deals/${dealId}`));
    const text = { to: merchant.answers.owner_phone, body: 'We have your application.' };
    if (at % 20 === 0) expect200('text', await client.call('POST', '/api/sms/cherry/send', { json: text }));
    await sleep(100);
  }
  await nats.start();
  const backAt = Date.now();
  const books = await cluster.openBooks();
  try {
    for (;;) {
      const open = await stillOpen(books);
      if (open.length === 0) break;
      if (Date.now() - backAt > arrivedWithinMs) {
        faults.push(...open.map((what) => `${arrivedWithinMs / 1_000} s after NATS was back: ${what}`));
        break;
      }
      await sleep(100);
    }
    faults.push(...(await audit(books, { ...cluster, legalNames: [] })).map(inWords));
  } finally {
    await books.close();
  }
  return { calls, faults };
}

/** Without Redis: reads answer, mutations are refused before anything is done; nothing has to be restarted once it is back. */
export async function withoutRedis(cluster: Cluster, { seed }: { seed: number }): Promise<Outage> {
  const client = createClient(cluster.targets[0]);
  const merchant = inventMerchant(seed);
  const faults: string[] = [];
  let calls = 0;
  const start = () => {
    calls += 1;
    return client.call('POST', '/api/deals/start', { json: { merchant: merchant.start, source: 'web' } });
  };
  const { body: deal } = await start();
  await cluster.part('redis').kill();
  for (let at = 0; at < 20; at += 1) {
    const read = await client.call('GET', `/api/deals/${deal.deal_id}`);
    if (read.status !== 200) faults.push(`a read was answered ${read.status} ${read.text.slice(0, 300)}`);
    const refused = await start();
    const inOrder =
      refused.status === 503 &&
      refused.body.code === 'idempotency-store-unavailable' &&
      refused.headers.get('retry-after') !== null;
    if (!inOrder) faults.push(`a mutation was answered ${refused.status} ${refused.text.slice(0, 300)}`);
    if (refused.ms > 3_000) faults.push(`a mutation was refused after ${refused.ms.toFixed(0)} ms`);
  }
  await cluster.part('redis').start();
  const backAt = Date.now();
  for (let reply = await start(); reply.status !== 200; reply = await start()) {
    if (Date.now() - backAt > 10_000) {
      faults.push(`10 s after Redis was back: ${reply.status} ${reply.text.slice(0, 300)}`);
      break;
    }
    await sleep(100);
  }
  return { calls, faults };
}

/** Nothing is wrong: all deals are signed, and each event was handled once by everybody who follows its publisher. */
export async function withEverything(
  cluster: Cluster,
  { seed, count, atOnce }: { seed: number; count: number; atOnce: number },
): Promise<Outage & { perSecond: number }> {
  const calls = { count: 0 };
  const client = createClient(cluster.targets[0]);
  const counted: Client = {
    target: client.target,
    call(...call) {
      calls.count += 1;
      return client.call(...call);
    },
  };
  const flows = await prepareFlows({ count, firstSeed: seed });
  const faults: string[] = [];
  const ran = await runFlows(counted, { flows, atOnce, key: `all-${seed}` }).catch((error: unknown) => {
    faults.push(String(error));
    return null;
  });
  const books = await cluster.openBooks();
  try {
    const legalNames = flows.map(({ merchant }) => merchant.legalName);
    const deadline = Date.now() + arrivedWithinMs;
    while ((await stillOpen(books)).length > 0 && Date.now() < deadline) await sleep(100);
    faults.push(...(await stillOpen(books)));
    const untexted = {
      ...oneOfEverything,
      texts: 0,
      "texts in the provider's ledger": 0,
      'sms.sent in the timeline': 0,
    };
    faults.push(...(await audit(books, { ...cluster, legalNames, expected: untexted })).map(inWords));
  } finally {
    await books.close();
  }
  return { calls: calls.count, faults, perSecond: ran === null ? 0 : (ran.flows / ran.tookMs) * 1_000 };
}

/**
 * One of two replicas of each service is killed while deals go their way: a client that repeats nothing gets the call's
 * answer and nothing else.
 */
export async function withoutAReplica(
  cluster: Cluster,
  { seed, count }: { seed: number; count: number },
): Promise<Outage> {
  const flows = await prepareFlows({ count, firstSeed: seed });
  let calls = 0;
  const plain = createClient(cluster.targets[0]);
  const client: Client = {
    target: plain.target,
    async call(method, path, options) {
      calls += 1;
      const reply = await plain.call(method, path, options);
      // The merchant's hand, which only the mock has: a call without a key, so nobody can make it again for the client.
      if (path.startsWith('/mock/') && reply.status === 502) return this.call(method, path, options);
      return reply;
    },
  };
  const dead: Part[] = [];
  const kill = async () => {
    for (const service of ['auth-svc', 'deals-svc', 'documents-svc', 'signing-svc', 'sms-svc']) {
      await sleep(1_500);
      const replica = cluster.part(`${service}-1`);
      await replica.kill();
      dead.push(replica);
    }
  };
  const [ran, killed] = await Promise.allSettled([
    // What a killed replica had taken in hand goes to another one after ten seconds; the calls do not wait for that.
    runFlows(client, { flows, atOnce: 4, key: `replica-${seed}`, settleMs: 30_000 }),
    kill(),
  ]);
  for (const replica of dead) await replica.start();
  const faults = [ran, killed].flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  return { calls, faults };
}

function inWords({ kind, what }: Finding): string {
  return `${kind}: ${what}`;
}
