import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lock } from './lock.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uw-lock-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('of many who want to work at once, each works alone', async () => {
  let working = 0;
  let most = 0;
  const turns = Array.from({ length: 8 }, async () => {
    const giveBack = await lock(join(folder, 'busy', 'sign'));
    working += 1;
    most = Math.max(most, working);
    await new Promise((resolve) => setImmediate(resolve));
    working -= 1;
    await giveBack();
  });
  await Promise.all(turns);
  expect(most).toBe(1);
  expect(await readdir(join(folder, 'busy'))).toEqual([]);
});

test('the sign of a process that has died holds nobody up', async () => {
  const dead = spawnSync('true').pid;
  await mkdir(join(folder, 'left'));
  await writeFile(join(folder, 'left', 'pid'), String(dead));
  const giveBack = await lock(join(folder, 'left'));
  expect(await readdir(folder)).toContain('left');
  await giveBack();
});
