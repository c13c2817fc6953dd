import { randomUUID } from 'node:crypto';
import { type Cluster, startCluster } from '@uw-wizard/e2e/cluster/cluster';
import { createClient } from '@uw-wizard/e2e/flow/client';
import { prepareFlows } from '@uw-wizard/e2e/flow/many-flows';
import { runFlow } from '@uw-wizard/e2e/flow/steps';
import { createIdentitySigner, identityHeader } from '@uw-wizard/shared/platform/identity';
import { bareProxy, startBaselines } from './baselines/start-baselines.ts';
import { type Aim, type LoadKind, load, type Measured } from './load.ts';
import { median } from './median.ts';

/**
 * One way to the service: what each kind of load measured on it, and beside the other ways of the same round, what its median
 * call takes longer than a direct one (ms), and its share of what 32 connections get through by a direct call and through a
 * bare http-proxy-middleware. Each figure is the median of all rounds.
 */
export type GatewayRow = {
  name: string;
  measured: Record<LoadKind, Measured>;
  addsMs: { one: number; rate: number };
  ofDirect: number;
  ofProxy: number;
};

const directCall = 'direct call';
const kinds: readonly LoadKind[] = ['one', 'rate', 'crowd'];

/** Until then code that is not compiled yet is found and compiled, beside what is measured; the more of it, the longer. */
const warmMs = 10_000;

/**
 * What the gateway adds to GET /api/deals/{id}, with every check it makes, beside a direct call and proxies that check
 * nothing: deals-svc, gateway and proxies each a process, all in one run, turn by turn, so that all meet the same machine.
 */
export async function measureGateway(options: {
  rounds: number;
  lastsMs: number;
  say: (line: string) => void;
}): Promise<GatewayRow[]> {
  const { rounds, lastsMs, say } = options;
  const cluster = await startCluster({ replicas: 1, onStep: (step) => say(`starting ${step}`) });
  try {
    const [flow] = await prepareFlows({ count: 1, firstSeed: 0 });
    if (flow === undefined) return [];
    const client = createClient(cluster.targets[0]);
    const { dealId } = await runFlow(client, { ...flow, key: 'bench' });
    const path = `/api/deals/${dealId}`;
    const service = cluster.serviceUrl('deals-svc-1');
    const signed = await identities(cluster);
    const { baselines, stop } = await startBaselines(service);
    try {
      const credential = { authorization: `Bearer ${cluster.targets[0].apiKey}` };
      const aims: [string, Aim][] = [
        [directCall, { baseUrl: service, path, headers: signed }],
        ['gateway', { baseUrl: cluster.targets[0].baseUrl, path, headers: () => [credential] }],
        ...baselines.map(({ name, baseUrl }): [string, Aim] => [name, { baseUrl, path, headers: signed }]),
      ];
      say('gateway: warming up');
      for (const [, aim] of aims) await load('crowd', aim, warmMs);
      return await inTurns(aims, { rounds, lastsMs, say });
    } finally {
      await stop();
    }
  } finally {
    await cluster.stop();
  }
}

type Rounds = Record<LoadKind, Measured[]>;

async function inTurns(
  aims: readonly [string, Aim][],
  { rounds, lastsMs, say }: { rounds: number; lastsMs: number; say: (line: string) => void },
): Promise<GatewayRow[]> {
  const all = new Map(aims.map(([name]): [string, Rounds] => [name, { one: [], rate: [], crowd: [] }]));
  for (let round = 0; round < rounds; round += 1) {
    say(`gateway: round ${round + 1} of ${rounds}`);
    for (const kind of kinds) {
      for (const [name, aim] of round % 2 === 0 ? aims : aims.toReversed()) {
        all.get(name)?.[kind].push(await load(kind, aim, lastsMs));
      }
    }
  }
  const of = (name: string): Rounds => all.get(name) ?? { one: [], rate: [], crowd: [] };
  return [...all].map(([name, ways]) => ({
    name,
    measured: { one: middle(ways.one), rate: middle(ways.rate), crowd: middle(ways.crowd) },
    addsMs: { one: addedMs(ways.one, of(directCall).one), rate: addedMs(ways.rate, of(directCall).rate) },
    ofDirect: shareOf(ways.crowd, of(directCall).crowd),
    ofProxy: shareOf(ways.crowd, of(bareProxy).crowd),
  }));
}

function middle(measured: readonly Measured[]): Measured {
  return {
    p50Ms: median(measured.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(measured.map(({ p99Ms }) => p99Ms)),
    perSecond: median(measured.map(({ perSecond }) => perSecond)),
  };
}

/** Round by round: a machine that is slower for a while is so for all ways of a round. */
function addedMs(these: readonly Measured[], those: readonly Measured[]): number {
  return median(these.map(({ p50Ms }, round) => p50Ms - (those[round]?.p50Ms ?? Number.NaN)));
}

function shareOf(these: readonly Measured[], those: readonly Measured[]): number {
  return median(these.map(({ perSecond }, round) => perSecond / (those[round]?.perSecond ?? Number.NaN)));
}

const identitiesOfALoad = 1_000;

/**
 * Who the API key is, signed as the gateway would for deals-svc; new ones for each load, because they are good for 30 s. Each
 * call has a request id of its own, as behind the gateway: the service records what calls of one id look at as one event.
 */
async function identities(cluster: Cluster): Promise<Aim['headers']> {
  const sign = createIdentitySigner(cluster.identityKey);
  const { body: me } = await createClient(cluster.targets[0]).call('GET', '/api/auth/me');
  const caller = { kind: 'key', tenant: me.tenant_id, sub: me.user_id, role: me.role, addr: '127.0.0.1' } as const;
  return () =>
    Array.from({ length: identitiesOfALoad }, () => ({
      [identityHeader]: sign('deals-svc', { ...caller, rid: randomUUID() }),
    }));
}
