import { routes } from '@uw-wizard/shared/contracts/routes';
import { expect, test } from 'vitest';
import { describeFinding } from '../fuzz/describe-finding.ts';
import { fuzzEnv } from '../fuzz/fuzz-env.ts';
import { runFuzz } from '../fuzz/run-fuzz.ts';
import { houseOfFile } from './house-of-file.ts';

const here = houseOfFile(fuzzEnv);
const seed = 1;

test('whatever a client sends, to any call there is, the house answers, and says that it is no fault of its own', async () => {
  const { findings, byRoute, byStatus, calls } = await runFuzz(here.house, { requests: 2_000, seed });
  expect(findings.map((finding) => describeFinding(finding, seed))).toEqual([]);
  expect(calls).toBe(2_000);
  expect([...byRoute.keys()].toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted());
  // Not all of it stops at the door: some calls are good, and some bad ones are looked at by the rules of a service.
  for (const status of [200, 400, 404, 409, 422]) expect(byStatus.get(status), String(status)).toBeGreaterThan(10);
});
