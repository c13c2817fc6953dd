import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backUp } from '@uw-wizard/deploy/backup/back-up';
import { restore } from '@uw-wizard/deploy/backup/restore';
import { startThrowAwayPostgres } from '@uw-wizard/local-postgres/throw-away';
import { createLocalStorage } from '@uw-wizard/shared/platform/storage';
import { eventually } from '@uw-wizard/testkit/eventually';
import { Client as Database } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../flow/client.ts';
import { type PreparedFlow, prepareFlows } from '../flow/many-flows.ts';
import { runWholeFlow } from '../flow/whole-flow.ts';
import { bookNames, openBooks } from '../house/books.ts';
import { censusFaults, oneOfEverything, takeCensuses } from '../house/census.ts';
import { filesOnDisk } from '../house/files-on-disk.ts';
import { type HouseFolder, makeHouseFolder } from '../house/house-folder.ts';
import { databasePort } from '../house/processes.ts';
import { stillUnderWay } from '../house/settled.ts';
import { startHouse } from '../house.ts';

const settleMs = 60_000;
const finished = 3;
const underWay = 6;
/** Of each flow under way, so that the backup finds each at another step. */
const startedApartMs = 150;

let folder: HouseFolder;
let server: Awaited<ReturnType<typeof startThrowAwayPostgres>>;
beforeAll(async () => {
  folder = await makeHouseFolder();
  server = await startThrowAwayPostgres();
});
afterAll(async () => {
  await server.stop();
  await folder.remove();
});

test('a house restored from a backup taken in full work has all that was acknowledged by then, goes on with what was under way, and does nothing twice', async () => {
  const flows = await prepareFlows({ count: finished + underWay, firstSeed: 5_000 });
  const old = await startHouse({ dataDir: folder.dataDir });
  const before = await Promise.all(flows.slice(0, finished).map((flow, at) => runFlow(old.client, flow, at)));
  let answers = 0;
  const going = flows.slice(finished).map(async (flow, at) => {
    await sleep(at * startedApartMs);
    await runFlow(old.client, flow, finished + at, () => {
      answers += 1;
    });
  });
  await eventually(async () => expect(answers).toBeGreaterThan(underWay), { timeoutMs: settleMs });
  const backup = join(folder.path, 'backup');
  await backUp({
    folder: backup,
    databases: await urlsOfEmbedded(old.dataDir),
    migrations: (name) => new URL(`../../apps/${name}-svc/prisma/migrations/`, import.meta.url),
    stores: storesOf(old.dataDir),
    log: () => undefined,
  });
  await Promise.all(going);
  await old.stop();

  // Another server and another folder. Of the old house only its secrets, which are kept elsewhere than the backup.
  const dataDir = join(folder.path, 'restored');
  const databases = await createDatabases();
  await restore({ folder: backup, databases, stores: storesOf(dataDir), log: () => undefined });
  for (const name of ['secrets', 'credentials.json']) {
    await cp(join(old.dataDir, name), join(dataDir, name), { recursive: true });
  }
  const house = await startHouse({ dataDir, databaseUrl: server.url('postgres') });
  const books = await openBooks(house);
  try {
    // The same calls under the same keys: what was done by then is answered, what was not is done now.
    const after = await Promise.all(flows.map((flow, at) => runFlow(house.client, flow, at)));
    for (const [at, { known, given }] of before.entries()) {
      expect(after[at]?.known).toEqual(known);
      for (const { name, reply } of given.filter(({ name }) => name !== 'sign')) {
        const again = after[at]?.given.find((one) => one.name === name)?.reply;
        expect(again?.bytes.equals(reply.bytes), `${name}: ${again?.text}`).toBe(true);
      }
    }
    for (const { known } of after) {
      const deal = { tenantId: house.target.tenantId, dealId: known.dealId };
      await eventually(async () => expect(await stillUnderWay(books, deal)).toEqual([]), { timeoutMs: settleMs });
    }
    const censuses = await takeCensuses(books, {
      tenantId: house.target.tenantId,
      legalNames: flows.map(({ merchant }) => merchant.legalName),
      countFiles: filesOnDisk(dataDir),
    });
    const goingNames = new Set(flows.slice(finished).map(({ merchant }) => merchant.legalName));
    for (const [legalName, census] of censuses) {
      // Files are copied after the moment of the databases: the copy may have what a merchant accepted and signed in between.
      // Of that the restored house knows nothing, the merchant does it again, and the sweep takes the older ones after a day.
      const stored = Number(census['stored agreements']);
      const older = goingNames.has(legalName) && stored > 2 && stored <= 4 ? { 'stored agreements': stored } : {};
      expect(censusFaults(census, { ...oneOfEverything, ...older }), legalName).toEqual([]);
    }
  } finally {
    await books.close();
    await house.stop();
  }
});

function runFlow(client: Client, flow: PreparedFlow, at: number, onGiven: () => void = () => undefined) {
  return runWholeFlow(client, { flow, key: `restore-${at}`, settleMs, onGiven });
}

function storesOf(dataDir: string) {
  return {
    documents: createLocalStorage(join(dataDir, 'uploads')),
    signing: createLocalStorage(join(dataDir, 'agreements')),
  };
}

/** The databases of a house that has an embedded server, as their owner. */
async function urlsOfEmbedded(dataDir: string): Promise<Record<string, string>> {
  const password = (await readFile(join(dataDir, 'secrets', 'database-password'), 'utf8')).trim();
  const server = `postgresql://uw_wizard:${encodeURIComponent(password)}@127.0.0.1:${databasePort(dataDir)}`;
  return Object.fromEntries(bookNames.map((name) => [name, `${server}/uw_${name}`]));
}

/** Five new databases on the other server. */
async function createDatabases(): Promise<Record<string, string>> {
  const database = new Database({ connectionString: server.url('postgres') });
  await database.connect();
  for (const name of bookNames) await database.query(`CREATE DATABASE uw_${name}`);
  await database.end();
  return Object.fromEntries(bookNames.map((name) => [name, server.url(`uw_${name}`)]));
}
