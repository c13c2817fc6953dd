import { startThrowAwayPostgres } from '@uw-wizard/local-postgres/throw-away';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CrashRig, openCrashRig } from '../crash/crash-rig.ts';
import { tryEdge } from '../crash/try-edge.ts';
import { newMerchant } from './house-of-file.ts';

// A selection; `npm run crash` tries every edge, both ways.

describe('a house whose process is killed', () => {
  let postgres: Awaited<ReturnType<typeof startThrowAwayPostgres>>;
  let rig: CrashRig;
  beforeAll(async () => {
    postgres = await startThrowAwayPostgres();
    rig = await openCrashRig({ databaseUrl: postgres.url('postgres') });
  });
  afterAll(async () => {
    await rig?.close();
    await postgres?.stop();
  });

  test('is not missed: a flow that nothing disturbs leaves one of everything', async () => {
    const { key, ...flow } = await newMerchant();
    const { faults, edges, lastWords } = await tryEdge(rig, { flow, key, death: null });
    expect({ faults, lastWords }).toEqual({ faults: [], lastWords: null });
    // Each of the nine calls has at least a commit and an answer.
    expect(edges).toBeGreaterThanOrEqual(18);
  });

  test('at every ninth edge of a flow goes on each time as if nothing had happened', async () => {
    const faults: Record<string, readonly string[]> = {};
    let atEdge = 5;
    for (;;) {
      const { key, ...flow } = await newMerchant();
      const attempt = await tryEdge(rig, { flow, key, death: { atEdge, who: 'node' } });
      if (attempt.faults.length > 0) faults[attempt.lastWords ?? `never, of ${attempt.edges}`] = attempt.faults;
      if (attempt.edges !== null) break;
      atEdge += 9;
    }
    expect(faults).toEqual({});
    expect(atEdge).toBeGreaterThan(45);
  });
});

describe('a house that is killed together with its database', () => {
  let rig: CrashRig;
  beforeAll(async () => {
    rig = await openCrashRig({});
  });
  afterAll(() => rig?.close());

  test.for([13, 38])('at edge %i of a flow goes on as if nothing had happened', async (atEdge) => {
    const { key, ...flow } = await newMerchant();
    const { faults, lastWords } = await tryEdge(rig, { flow, key, death: { atEdge, who: 'everything' } });
    expect(lastWords).toContain(`died at edge ${atEdge}: `);
    expect(faults).toEqual([]);
  });
});
