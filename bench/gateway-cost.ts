import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { percentile } from '@uw-wizard/e2e/flow/many-flows';
import type { House } from '@uw-wizard/e2e/house';
import { createIdentitySigner, identityHeader } from '@uw-wizard/shared/platform/identity';
import { Client } from 'undici';

export type GatewayCost = {
  calls: number;
  throughP50Ms: number;
  throughP99Ms: number;
  directP50Ms: number;
  directP99Ms: number;
};

const warmUpCalls = 300;
/** An identity is good for 30 s. */
const renewEveryMs = 10_000;

/**
 * How long GET /api/deals/{id} takes through the gateway, and asked at the service's own socket with an identity signed
 * beforehand: turn by turn, on one connection each, so that both meet the same machine.
 */
export async function measureGateway(house: House, options: { dealId: string; calls: number }): Promise<GatewayCost> {
  const path = `/api/deals/${options.dealId}`;
  const through = new Client(house.target.baseUrl);
  const direct = new Client('http://deals-svc', { socketPath: join(house.dataDir, 'run', 'deals-svc.sock') });
  const signed = await identities(house);
  const credential = { authorization: `Bearer ${house.target.apiKey}` };
  const times = { through: [] as number[], direct: [] as number[] };
  const ask = async (name: keyof typeof times, client: Client, headers: Record<string, string>, count: boolean) => {
    const startedAt = performance.now();
    const { statusCode, body } = await client.request({ method: 'GET', path, headers });
    const text = await body.text();
    if (count) times[name].push(performance.now() - startedAt);
    if (statusCode !== 200) throw new Error(`${name}: ${statusCode} ${text}`);
  };
  try {
    for (let at = -warmUpCalls; at < options.calls; at += 1) {
      const identity = await signed();
      const turns = [
        () => ask('through', through, credential, at >= 0),
        () => ask('direct', direct, identity, at >= 0),
      ];
      for (const turn of at % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
  } finally {
    await Promise.all([through.close(), direct.close()]);
  }
  return {
    calls: options.calls,
    throughP50Ms: percentile(times.through, 0.5),
    throughP99Ms: percentile(times.through, 0.99),
    directP50Ms: percentile(times.direct, 0.5),
    directP99Ms: percentile(times.direct, 0.99),
  };
}

/** Who the house's API key is, signed as the gateway would for deals-svc. */
async function identities({ client, dataDir }: House): Promise<() => Promise<Record<string, string>>> {
  const sign = await createIdentitySigner(await readFile(join(dataDir, 'secrets', 'identity-key.pem'), 'utf8'));
  const { body: me } = await client.call('GET', '/api/auth/me');
  const identity = { kind: 'key', tenant: me.tenant_id, sub: me.user_id, role: me.role, rid: randomUUID() } as const;
  let current = { token: '', signedAt: Number.NEGATIVE_INFINITY };
  return async () => {
    if (performance.now() - current.signedAt > renewEveryMs) {
      current = { token: await sign('deals-svc', identity), signedAt: performance.now() };
    }
    return { [identityHeader]: current.token };
  };
}
