import { access, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@uw-wizard/testkit/eventually';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { startHarness } from './harness.ts';

test('a document that a crash left without an envelope is removed after a day; one that belongs to an envelope stays', async () => {
  const house = await startHarness();
  try {
    const first = await house.replica();
    const deal = house.addDeal();
    await first.send(deal, 'jane@merchant.example');
    await first.stop();
    const { spoolDir } = house.config;
    const agreements = join(house.folder, 'agreements');
    const folder = join(agreements, 'demo', deal.dealId);
    const [kept] = await readdir(folder);
    const orphan = join(agreements, 'demo', uuidv7(), `${'0'.repeat(64)}.pdf`);
    const fresh = join(folder, `${'1'.repeat(64)}.pdf`);
    await mkdir(join(orphan, '..'), { recursive: true });
    for (const path of [orphan, fresh]) await writeFile(path, 'x');
    const twoDaysAgo = new Date(Date.now() - 48 * 60 * 60 * 1000);
    for (const path of [orphan, join(folder, String(kept))]) await utimes(path, twoDaysAgo, twoDaysAgo);
    await writeFile(join(spoolDir, 'left.pdf'), 'x');

    await house.replica();
    expect(await readdir(spoolDir)).toEqual([]);
    await eventually(async () => {
      await expect(access(orphan)).rejects.toThrow();
    });
    expect((await readdir(folder)).toSorted()).toEqual([String(kept), `${'1'.repeat(64)}.pdf`].toSorted());
  } finally {
    await house.stop();
  }
});
