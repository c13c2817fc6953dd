import { randomBytes } from 'node:crypto';
import { createFieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { reseal } from '@uw-wizard/shared/platform/reseal';
import { digitsAlone, restsIn } from '@uw-wizard/testkit/rests-in';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealedColumns } from '../src/data/sealed-columns.ts';
import { answerOf, dealId, goodFiles, type Harness, startHarness } from './harness.ts';

let service: Harness;
beforeAll(async () => {
  service = await startHarness();
});
afterAll(() => service.stop());

type Shown = { data: { statement: { account_last4: string } }[] };
const shown = async () => (await answerOf(await service.call(`/api/deals/${dealId}/documents`))).body as Shown;

test('digits of accounts rest nowhere in the database, and stand in the answers, under a new key too', async () => {
  // Statements of two accounts: a flag tells, and its words went into the events.
  const [one, two] = [await goodFiles(1), await goodFiles(2)];
  const { status, body } = await service.upload([...one.slice(0, 2), ...two.slice(2)], { key: 'k1' });
  expect(status).toBe(200);
  const flags = body.analysis.flags.map(({ code, detail }: { code: string; detail: string }) => `${code}: ${detail}`);
  expect(flags).toContain('different-accounts: The statements are of 2 accounts');
  const before = await shown();
  const accounts = [...new Set(before.data.map(({ statement }) => statement.account_last4))];
  expect(accounts).toEqual([expect.stringMatching(/^\d{4}$/), expect.stringMatching(/^\d{4}$/)]);
  const resting = () => Promise.all(accounts.map((digits) => restsIn(service.database, digitsAlone(digits))));
  expect(await resting()).toEqual([[], []]);
  expect(await service.database.query('SELECT FROM idempotency')).toHaveLength(1);

  const { keys } = service.fieldKeys;
  const run = async (fieldKeys: { keys: Buffer[]; sealing: boolean }) => {
    const said: string[] = [];
    const failed = await reseal(
      service.database.ownerUrl,
      sealedColumns,
      { seals: createFieldSeals(fieldKeys) },
      (line) => said.push(line),
    );
    return [failed, said[0]];
  };
  // As a release before this one left it.
  expect(await run({ keys, sealing: false })).toEqual([0, 'statements.account_last4: 3 opened']);
  expect((await resting()).flat()).toContain('statements.account_last4');
  expect(await shown()).toEqual(before);
  expect(await run({ keys, sealing: true })).toEqual([0, 'statements.account_last4: 3 sealed anew']);
  expect(await run({ keys: [randomBytes(32), ...keys], sealing: true })).toEqual([
    0,
    'statements.account_last4: 3 sealed anew',
  ]);
  expect(await resting()).toEqual([[], []]);
});
