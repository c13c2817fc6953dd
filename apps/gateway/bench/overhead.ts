import { request } from 'node:http';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { headersOf, keys, openHouse, sendJson } from '../test/house.ts';

/**
 * How much time the gateway adds to one small GET at one connection: the same call straight to a trivial service and
 * through the gateway, in turns, so that a busy machine disturbs both alike. Everything runs in this one process.
 * `node apps/gateway/bench/overhead.ts --calls 5000`
 */
const { values } = parseArgs({ options: { calls: { type: 'string', default: '5000' } } });
const calls = Number(values.calls);

const house = await openHouse({ unixSockets: false });
house.reply = (_seen, res) => {
  house.seen.length = 0;
  sendJson(res, 200, { deal_id: 'x', status: 'open' });
};
const direct = new Pool(house.config.services['deals-svc'][0] ?? '', { connections: 1 });
const through = new Pool(house.baseUrl, { connections: 1 });
const identity = await capturedIdentity();
const directHeaders = { 'x-uw-identity': identity };
const throughHeaders = headersOf({ authorization: `Bearer ${keys.admin}` });

const times: Record<'direct' | 'gateway', number[]> = { direct: [], gateway: [] };
for (let n = 0; n < calls + 500; n += 1) {
  const toService = await timed(direct, directHeaders);
  const toGateway = await timed(through, throughHeaders);
  if (n < 500) continue;
  times.direct.push(toService);
  times.gateway.push(toGateway);
}
const added = {
  p50: at(times.gateway, 0.5) - at(times.direct, 0.5),
  p99: at(times.gateway, 0.99) - at(times.direct, 0.99),
};
for (const [name, list] of Object.entries(times)) {
  process.stdout.write(`${name.padEnd(8)} p50 ${at(list, 0.5).toFixed(2)} ms   p99 ${at(list, 0.99).toFixed(2)} ms\n`);
}
process.stdout.write(`added    p50 ${added.p50.toFixed(2)} ms   p99 ${added.p99.toFixed(2)} ms   (${calls} calls)\n`);
await Promise.all([direct.close(), through.close()]);
await house.close();

async function timed(pool: Pool, headers: Record<string, string>): Promise<number> {
  const begunMs = performance.now();
  const { statusCode, body } = await pool.request({ method: 'GET', path: '/api/deals/1', headers });
  await body.text();
  if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
  return performance.now() - begunMs;
}

function at(list: number[], quantile: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0;
}

/** An identity is good for 30 seconds: long enough for some thousand calls. */
async function capturedIdentity(): Promise<string> {
  const captured = Promise.withResolvers<string>();
  const answer = house.reply;
  house.reply = (seen, res, req) => {
    captured.resolve(String(seen.headers['x-uw-identity']));
    house.reply = answer;
    return answer(seen, res, req);
  };
  request(`${house.baseUrl}/api/deals/1`, { headers: headersOf() }, (res) => res.resume()).end();
  return captured.promise;
}
