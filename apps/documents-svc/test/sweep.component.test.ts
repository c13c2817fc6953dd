import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '@uw-wizard/shared/platform/database';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { openStorage, type StorageConfig } from '@uw-wizard/shared/platform/open-storage';
import { eventually } from '@uw-wizard/testkit/eventually';
import { startS3 } from '@uw-wizard/testkit/s3';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PrismaClient } from '../src/data/generated/client.ts';
import { createObjectsStore } from '../src/data/objects.store.ts';
import type { DocumentsTx } from '../src/data/uploads.store.ts';
import { type SweepOrphansDeps, sweepOrphans } from '../src/usecases/sweep-orphans.ts';
import { type FormFile, goodFiles, type Harness, startHarness } from './harness.ts';
import { storageOn } from './storage-on.ts';

const DAY_MS = 24 * 60 * 60_000;
const log = createLogger({ service: 'documents-svc', level: 'silent' });
let good: FormFile[];
beforeAll(async () => {
  good = await goodFiles();
});

const stores = [
  { store: 'on disk', s3: null },
  { store: 'in a bucket', s3: startS3 },
];

describe.each(stores)('orphaned files $store', ({ s3: startServer }) => {
  let service: Harness;
  let storage: StorageConfig;
  let stopServer: () => Promise<void>;
  /** How much older the files are than their store says: a bucket does not let anybody change that. */
  let agedMs: number;
  beforeEach(async () => {
    agedMs = 0;
    const server = await startServer?.();
    stopServer = async () => server?.stop();
    service = await startHarness(server === undefined ? {} : { storage: storageOn(server) });
    storage = server === undefined ? { kind: 'local', folder: join(service.root, 'uploads') } : storageOn(server);
  });
  afterEach(async () => {
    await service.stop();
    await stopServer();
  });

  /** The store, as it will be `agedMs` from now. */
  async function laterStorage() {
    const store = await openStorage(storage, log);
    return { ...store, listOlderThan: (ms: number) => store.listOlderThan(ms - agedMs) };
  }

  async function stored(): Promise<string[]> {
    const keys: string[] = [];
    const store = await laterStorage();
    for await (const key of store.listOlderThan(-60_000)) keys.push(key);
    store.close();
    return keys;
  }

  /** An upload that fails after its files are stored and before they are saved. */
  async function leaveOrphans(): Promise<void> {
    await service.database.query('ALTER TABLE documents RENAME TO documents_away');
    const { status } = await service.upload(good);
    await service.database.query('ALTER TABLE documents_away RENAME TO documents');
    expect(status).toBe(500);
    expect(await service.kept()).toMatchObject({ sets: 0, documents: 0, spooled: [] });
    expect(await stored()).toHaveLength(3);
  }

  /** Makes everything stored, and every note about it, this much older. */
  async function age(ms: number): Promise<void> {
    await service.database.query(`UPDATE stored_objects SET touched_at = touched_at - $1 * interval '1 millisecond'`, [
      ms,
    ]);
    agedMs += ms;
  }

  /** The sweep's own hands, on the database and the files of the service. */
  async function withSweep<T>(
    work: (deps: SweepOrphansDeps, objects: ReturnType<typeof createObjectsStore>) => Promise<T>,
  ) {
    const database = openDatabase<DocumentsTx>({
      url: service.database.url,
      workerUrl: service.database.workerUrl,
      client: (adapter) => new PrismaClient({ adapter }),
    });
    const objects = createObjectsStore(database);
    const store = await laterStorage();
    try {
      return await work({ objects, storage: store, clock: () => new Date(), minAgeMs: DAY_MS }, objects);
    } finally {
      store.close();
      await database.close();
    }
  }

  const sweep = () => withSweep((deps) => sweepOrphans(deps, { signal: new AbortController().signal }));
  const keys = async () =>
    (await service.database.query<{ storage_key: string }>('SELECT storage_key FROM stored_objects')).map(
      ({ storage_key }) => storage_key,
    );

  test('files that a failed upload left are kept for a day and then removed, with every note about them', async () => {
    await leaveOrphans();
    await age(DAY_MS - 60_000);
    expect(await sweep()).toBe(0);
    await age(DAY_MS + 60_000);
    expect(await sweep()).toBe(3);
    expect(await stored()).toEqual([]);
    expect(await keys()).toEqual([]);
  });

  test('a file that nobody ever noted is judged by its own age', async () => {
    await leaveOrphans();
    await service.database.query('DELETE FROM stored_objects');
    expect(await sweep()).toBe(0);
    await age(DAY_MS + 60_000);
    expect(await sweep()).toBe(3);
  });

  test('a file that a document names is never removed, however old', async () => {
    const { body } = await service.upload(good);
    await age(365 * DAY_MS);
    expect(await sweep()).toBe(0);
    const { status } = await service.call(`/api/documents/${body.documents[0].document_id}/content`);
    expect(status).toBe(200);
  });

  test('the orphans of an upload that is sent again are not swept from under it', async () => {
    await leaveOrphans();
    await age(2 * DAY_MS);
    await withSweep(async (deps, objects) => {
      // The repeat is between storing its files, which are there already and old, and saving them.
      await objects.want('demo', await keys(), new Date());
      expect(await sweepOrphans(deps, { signal: new AbortController().signal })).toBe(0);
    });
    expect(await stored()).toHaveLength(3);
  });

  test('an upload that meets the sweep at one of its files is told to come back, and a sweep that died is finished', async () => {
    await leaveOrphans();
    await age(2 * DAY_MS);
    await withSweep(async ({ objects }) => {
      const [key = ''] = await keys();
      expect(await objects.claim('demo', key, new Date(), DAY_MS)).toBe(true);
      expect(await objects.claim('demo', key, new Date(), DAY_MS)).toBe(false);
    });
    const met = await service.upload(good);
    expect([met.status, met.body.code]).toEqual([503, 'uploads-busy']);
    await service.database.query(
      `UPDATE stored_objects SET touched_at = now() - interval '11 minutes' WHERE state = 'sweeping'`,
    );
    expect(await sweep()).toBe(3);
    expect((await service.upload(good)).status).toBe(200);
  });

  test('of many files only those that no document names are removed', async () => {
    await leaveOrphans();
    const orphans = await stored();
    const others = await goodFiles(2);
    expect((await service.upload(others)).status).toBe(200);
    await age(2 * DAY_MS);
    expect(await sweep()).toBe(3);
    const left = await stored();
    expect(left).toHaveLength(3);
    expect(left.filter((key) => orphans.includes(key))).toEqual([]);
  });
});

test('the service sweeps by itself when it starts', async () => {
  const service = await startHarness();
  try {
    await service.database.query('ALTER TABLE documents RENAME TO documents_away');
    await service.upload(good);
    await service.database.query('ALTER TABLE documents_away RENAME TO documents');
    const old = new Date(Date.now() - 2 * DAY_MS);
    await service.database.query('UPDATE stored_objects SET touched_at = $1 RETURNING storage_key', [old]);
    const rows = await service.database.query<{ storage_key: string }>('SELECT storage_key FROM stored_objects');
    for (const { storage_key: key } of rows) await utimes(join(service.root, 'uploads', key), old, old);
    expect((await service.kept()).stored).toHaveLength(3);
    await service.restart();
    await eventually(async () => expect((await service.kept()).stored).toEqual([]));
  } finally {
    await service.stop();
  }
});
