import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, prepareFlows, runFlows } from '@uw-wizard/e2e/flow/many-flows';
import type { House } from '@uw-wizard/e2e/house';
import { startHouse } from '@uw-wizard/e2e/house';
import { makeHouseFolder } from '@uw-wizard/e2e/house/house-folder';
import { databasePid } from '@uw-wizard/e2e/house/processes';
import { median } from './median.ts';
import { databaseMib, type Memory, memoryOf } from './memory.ts';
import { measureStarts, type StartTimes } from './start-times.ts';

export type HouseNumbers = {
  start: StartTimes;
  /** `perSecond` is the median of the `batches`. */
  flows: { count: number; atOnce: number; perSecond: number; batches: number[]; p50Ms: number; p99Ms: number };
  memory: { idle: Memory; after: Memory; databaseIdleMib: number | null; databaseAfterMib: number | null };
};

/** As many flows are prepared at a time: their statements take memory here, not there. */
const batch = 100;

const warmUp = 100;

/** Measures the standalone as `npm start` starts it: how soon it takes calls, flows per second, and what it takes of memory. */
export async function measureHouse(options: {
  count: number;
  atOnce: number;
  say: (line: string) => void;
}): Promise<HouseNumbers> {
  const { say } = options;
  const folder = await makeHouseFolder();
  try {
    say('house: start times');
    const start = await measureStarts(folder.dataDir, 3);
    // How fast it is is the question, not how fast it lets one key be.
    const unlimited = { RATE_LIMIT_KEY_PER_SECOND: '0', RATE_LIMIT_ADDRESS_PER_SECOND: '0' };
    const house = await startHouse({ dataDir: folder.dataDir, env: unlimited });
    try {
      const idle = await memory(house);
      const flows = await measureFlows(house, options);
      const after = await memory(house);
      return {
        start,
        flows,
        memory: {
          idle: idle.house,
          after: after.house,
          databaseIdleMib: idle.databaseMib,
          databaseAfterMib: after.databaseMib,
        },
      };
    } finally {
      await house.stop();
    }
  } finally {
    await folder.remove();
  }
}

async function measureFlows(
  house: House,
  { count, atOnce, say }: { count: number; atOnce: number; say: (line: string) => void },
): Promise<HouseNumbers['flows']> {
  const times: number[] = [];
  const batches: number[] = [];
  // The first flows find everything cold: code that is not compiled yet, threads that are not there, tables of unknown size.
  await runFlows(house.client, {
    flows: await prepareFlows({ count: warmUp, firstSeed: 900_000, onePage: true }),
    atOnce,
    key: 'warm',
  });
  for (let done = 0; done < count; done += batch) {
    const flows = await prepareFlows({ count: Math.min(batch, count - done), firstSeed: done + 1, onePage: true });
    const ran = await runFlows(house.client, { flows, atOnce, key: `bench-${done}` });
    batches.push((ran.flows / ran.tookMs) * 1000);
    times.push(...(ran.steps.get('flow') ?? []));
    say(`house: flows ${times.length}/${count}`);
  }
  return {
    count,
    atOnce,
    perSecond: median(batches),
    batches,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
  };
}

async function memory(house: House): Promise<{ house: Memory; databaseMib: number | null }> {
  // What the last calls left to do by themselves is done by then.
  await sleep(5_000);
  const database = databasePid(house.dataDir);
  return { house: await memoryOf(house.pid), databaseMib: database === null ? null : await databaseMib(database) };
}
