import { type Route, routes } from '@uw-wizard/shared/contracts/routes';
import { createRandom } from '@uw-wizard/testkit/statements/random';
import { prepareFlows } from '../flow/many-flows.ts';
import { runFlow, untilSigned } from '../flow/steps.ts';
import type { House } from '../house.ts';
import { describeFinding } from './describe-finding.ts';
import { type FuzzCall, makeCall } from './make-call.ts';
import type { Stock } from './samples.ts';
import { type Outcome, sendCall } from './send-call.ts';

/** A call that was answered with a 5xx, or not at all. */
export type Finding = { readonly index: number; readonly call: FuzzCall; readonly outcome: Outcome };

export type FuzzReport = {
  readonly calls: number;
  readonly tookMs: number;
  readonly byStatus: ReadonlyMap<number, number>;
  readonly byRoute: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
};

export type FuzzOptions = {
  readonly requests: number;
  readonly seed: number;
  /** This one of the seed's calls alone. */
  readonly only?: number | undefined;
  readonly atOnce?: number;
  /** A call that takes longer hangs. Default 20 s. */
  readonly timeoutMs?: number;
  readonly onFinding?: (finding: Finding) => void;
  readonly onCall?: (done: number) => void;
};

/**
 * Makes calls of every route of the table, in turn, with everything wrong that the seed says, and keeps what was answered
 * with a 5xx or not at all. Call N of a seed is the same in every run, but for the ids that are in the house.
 */
export async function runFuzz(house: House, options: FuzzOptions): Promise<FuzzReport> {
  const { requests, seed, only, atOnce = 4, timeoutMs = 20_000 } = options;
  const stock = await stockUp(house);
  const byStatus = new Map<number, number>();
  const byRoute = new Map<string, number>();
  const findings: Finding[] = [];
  const startedAt = performance.now();
  let next = only ?? 0;
  let done = 0;
  const last = only === undefined ? requests : only + 1;
  let isUp = true;
  void house.ended.then(() => {
    isUp = false;
  });
  const work = async () => {
    while (next < last && isUp) {
      const index = next;
      next += 1;
      const route = routeOf(index);
      const call = makeCall(createRandom(seedOf(seed, index)), route, { ...senderOf(house, seed, index), stock });
      const outcome = await sendCall(house.target.baseUrl, call, timeoutMs);
      const status = outcome.kind === 'answer' ? outcome.status : 0;
      count(byStatus, status);
      count(byRoute, `${route.method} ${route.path}`);
      if (status === 0 || status >= 500) {
        const finding = { index, call, outcome };
        findings.push(finding);
        options.onFinding?.(finding);
      }
      done += 1;
      options.onCall?.(done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (!isUp) {
    const last = findings.map((finding) => describeFinding(finding, seed)).join('\n');
    throw new Error(`The house is gone after ${done} calls. It said:\n${house.output().slice(-4_000)}\n${last}`);
  }
  return { calls: done, tookMs: performance.now() - startedAt, byStatus, byRoute, findings };
}

function routeOf(index: number): Route {
  const route = routes[index % routes.length];
  if (route === undefined) throw new Error('the route table is empty');
  return route;
}

/** Neighbouring calls have nothing in common. */
function seedOf(seed: number, index: number): number {
  return Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca6b);
}

function senderOf({ target, credentials }: House, seed: number, index: number) {
  return {
    apiKey: target.apiKey,
    tenantId: target.tenantId,
    secrets: { docusign: credentials.docusign_webhook_secret, dropboxsign: credentials.dropboxsign_webhook_secret },
    name: `fuzz-${seed}-${index}`,
  };
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Deals at several points of their way, so that calls get past "there is no such deal". */
async function stockUp({ client }: House): Promise<Stock> {
  const [signed, sent, fresh] = await prepareFlows({ count: 3, firstSeed: 70_000, onePage: true });
  if (signed === undefined || sent === undefined || fresh === undefined) throw new Error('no merchants to begin with');
  const first = await runFlow(client, { ...signed, key: 'fuzz-signed' });
  await untilSigned(client, first.dealId, 20_000);
  const second = await runFlow(client, { ...sent, key: 'fuzz-sent', upTo: 'send' });
  const third = await runFlow(client, { ...fresh, key: 'fuzz-fresh', upTo: 'offers' });
  const alert = await client.call('POST', '/api/alerts', { json: { message: 'Something to look at' } });
  const account = { email: 'fuzzed@example.com', name: 'Somebody', role: 'analyst' };
  const user = await client.call('POST', '/api/users', { json: account });
  const key = await client.call('POST', '/api/api-keys', { json: { name: 'Some key', role: 'analyst' } });
  const documents = await client.call('GET', `/api/deals/${third.dealId}/documents`);
  const deal = await client.call('GET', `/api/deals/${third.dealId}`);
  return {
    deals: [third.dealId, second.dealId, first.dealId],
    merchant: third.merchantId,
    document: documents.body.data[0].document_id,
    envelope: second.envelopeId,
    offer: deal.body.offers[0].offer_id,
    alert: alert.body.alert_id,
    user: user.body.user_id,
    apiKey: key.body.api_key_id,
  };
}
