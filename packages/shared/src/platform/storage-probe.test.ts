import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createHealth } from './health.ts';
import { createLocalStorage } from './storage.ts';
import { createStorageProbe } from './storage-probe.ts';

test('a store that answers is well, also an empty one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'uw-wizard-probe-'));
  expect(await createStorageProbe(createLocalStorage(folder))()).toEqual({});
  await rm(folder, { recursive: true });
});

test('a store that is away makes a service degraded, and is not asked again at once', async () => {
  let asked = 0;
  const away = {
    read: () => {
      asked += 1;
      return Promise.reject(new Error('The file store does not answer.'));
    },
  };
  const probe = createStorageProbe(away, 50);
  const health = createHealth({ needed: {}, wanted: { storage: probe } });
  for (let at = 0; at < 5; at += 1) {
    expect(await health.report()).toEqual({
      status: 'degraded',
      checks: { storage: { ok: false, detail: 'The file store does not answer.' } },
    });
  }
  expect(asked).toBe(1);
  await expect.poll(() => probe().catch(() => asked)).toBe(2);
});
