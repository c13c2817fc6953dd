import { access, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noEdge } from '@uw-wizard/shared/platform/edges';
import { createFieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { openStorage } from '@uw-wizard/shared/platform/open-storage';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import { eventually } from '@uw-wizard/testkit/eventually';
import { startS3, type TestS3 } from '@uw-wizard/testkit/s3';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { openSigningDatabase } from '../src/data/database.ts';
import { createDueWork } from '../src/data/due.ts';
import { createKeepFile } from '../src/data/keep-file.ts';
import { createStore } from '../src/data/store.ts';
import { sweepFiles } from '../src/usecases/sweep-files.ts';
import { type Harness, person, startHarness } from './harness.ts';

const log = createLogger({ service: 'signing-svc', level: 'silent' });
const dayMs = 24 * 60 * 60 * 1000;

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

/** signing-svc with its files in a bucket, and the same bucket as it will be two days from now. */
async function onS3(work: (house: Harness, storage: Storage) => Promise<void>): Promise<void> {
  const s3 = await startS3();
  const house = await startHarness({ storage: storageOn(s3) });
  const store = await openStorage(storageOn(s3), log);
  try {
    await work(house, { ...store, listOlderThan: (ms) => store.listOlderThan(ms - 2 * dayMs) });
  } finally {
    store.close();
    await house.stop();
    await s3.stop();
  }
}

function storageOn({ endpoint, bucket, region, accessKeyId, secretAccessKey }: TestS3) {
  return {
    ...({
      kind: 's3',
      endpoint,
      bucket,
      region,
      prefix: 'agreements/',
      forcePathStyle: true,
      encryption: null,
    } as const),
    credentials: { accessKeyId, secretAccessKey },
  };
}

async function sweep(house: Harness, storage: Storage): Promise<number> {
  const database = openSigningDatabase({ url: house.db.url, workerUrl: house.db.workerUrl, onEdge: noEdge });
  const files = createDueWork(database.worker);
  const { inTenant } = createStore(database.plain, {
    clock: () => new Date(),
    seals: createFieldSeals(house.config.fieldKeys),
  });
  try {
    const deps = { inTenant, files, storage, log, newId: () => uuidv7(), minAgeMs: dayMs };
    return await sweepFiles(deps, { signal: new AbortController().signal });
  } finally {
    await database.close();
  }
}

async function keysIn(storage: Storage): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of storage.listOlderThan(-dayMs)) keys.push(key);
  return keys.toSorted();
}

test('in a bucket too, what belongs to an envelope stays, and what belongs to none goes after a day', () =>
  onS3(async (house, storage) => {
    const replica = await house.replica();
    const deal = house.addDeal();
    const { body } = await replica.send(deal, 'jane@merchant.example');
    const named = await keysIn(storage);
    expect(named).toHaveLength(1);
    const keep = await createKeepFile(storage, join(house.folder, 'spool-of-test'));
    for (const dealId of [deal.dealId, uuidv7()])
      await keep({ tenantId: 'demo', dealId }, Buffer.from('left by a crash'));
    expect(await keysIn(storage)).toHaveLength(3);
    expect(await sweep(house, storage)).toBe(2);
    expect(await keysIn(storage)).toEqual(named);
    const path = `/api/sign/envelopes/${body.envelope_id}/content`;
    expect((await replica.call('GET', path, person('demo', 'analyst'))).text).toMatch(/^%PDF/);
  }));

test('a file of a deal whose envelope is just being worked on is left alone: the work may be about to name it', () =>
  onS3(async (house, storage) => {
    const replica = await house.replica();
    const deal = house.addDeal();
    await replica.send(deal, 'jane@merchant.example');
    await replica.stop();
    const keep = await createKeepFile(storage, join(house.folder, 'spool-of-test'));
    await keep({ tenantId: 'demo', dealId: deal.dealId }, Buffer.from('kept a moment ago, once more'));
    const claim = 'UPDATE envelopes SET claimed_by = $1, claimed_until = now() + $2::interval';
    await house.db.query(claim, [uuidv7(), '1 minute']);
    expect(await sweep(house, storage)).toBe(0);
    await house.db.query(claim, [uuidv7(), '-1 second']);
    expect(await sweep(house, storage)).toBe(1);
  }));

test('an agreement that is gone from the bucket is our error and says so', () =>
  onS3(async (house, storage) => {
    const replica = await house.replica();
    const { body } = await replica.send(house.addDeal(), 'jane@merchant.example');
    for (const key of await keysIn(storage)) await storage.remove(key);
    const path = `/api/sign/envelopes/${body.envelope_id}/content`;
    const answer = await replica.call('GET', path, person('demo', 'analyst'));
    expect([answer.status, answer.body.code]).toEqual([500, 'file-missing']);
  }));
