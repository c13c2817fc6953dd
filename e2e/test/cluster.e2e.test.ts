import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withoutAReplica, withoutNats, withoutRedis } from '../chaos/outages.ts';
import { runChaos } from '../chaos/run-chaos.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';

// Short; `npm run chaos` and `npm run outages` take their time.

describe('two of every service on real PostgreSQL, NATS, Redis and S3', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ replicas: 2 });
  });
  afterAll(async () => {
    await cluster?.stop();
  });

  test('answer every call while one of each is killed, to clients that repeat nothing', async () => {
    expect(await withoutAReplica(cluster, { seed: 1_000, count: 16 })).toEqual({
      calls: expect.any(Number),
      faults: [],
    });
  });

  test('answer what needs no other service while NATS is away, and lose no event', async () => {
    const { calls, faults } = await withoutNats(cluster, { seed: 2_000, lastsMs: 5_000 });
    expect(faults).toEqual([]);
    expect(calls).toBeGreaterThan(20);
  });

  test('read on, and refuse to write, while Redis is away', async () => {
    expect(await withoutRedis(cluster, { seed: 3_000 })).toEqual({ calls: expect.any(Number), faults: [] });
  });

  test('lose, double, forget and misorder nothing while each of them is killed, frozen and restarted', async () => {
    const report = await runChaos(cluster, { seed: 7, lastsMs: 30_000, atOnce: 4, everyMs: 1_500, longestMs: 3_000 });
    expect(report.findings).toEqual([]);
    expect(report.signed).toBeGreaterThan(4);
    const faults = [...report.faults.values()].reduce(
      (sum, { kill, pause, restart }) => sum + kill + pause + restart,
      0,
    );
    expect(faults).toBeGreaterThan(10);
  });
});
