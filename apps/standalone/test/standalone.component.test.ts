import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isRunning, postgresPid, startProcess, stopAll, takesWholeTurns } from './process.ts';

// A start takes seconds; on a machine that has other work to do, many.
vi.setConfig({ testTimeout: 60_000 });

/** One installation, whose life the tests tell in order: making a database anew for each would take minutes. */
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'uw-wizard-standalone-'));
});

afterAll(async () => {
  await stopAll();
  await rm(dataDir, { recursive: true });
});

const credentials = async () => JSON.parse(await readFile(join(dataDir, 'credentials.json'), 'utf8'));
const modeOf = async (path: string) => ((await stat(join(dataDir, path))).mode & 0o777).toString(8);

async function fields(): Promise<Response> {
  const { base_url, api_key } = await credentials();
  return fetch(`${base_url}/api/intake/fields`, { headers: { authorization: `Bearer ${api_key}` } });
}

let first: Record<string, string>;

test('the first start makes an installation that answers to the key in its credentials file', async () => {
  const house = await startProcess(dataDir);
  expect(house.output()).toMatch(/database .*\n.*migrations .*applied\n.*services .*\n\nReady in/);
  expect((await fields()).status).toBe(200);
  first = await credentials();
  expect(house.output()).toContain(`at ${first.base_url}`);
  expect(house.output()).toContain('credentials.json');
  expect(house.output()).toContain('curl -H "Authorization: Bearer ');
  expect(first).toEqual({
    base_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    tenant_id: 'demo',
    email: 'admin@example.com',
    password: expect.stringMatching(/^[\w-]{43}$/),
    api_key: expect.stringMatching(/^uw_[\w-]{43}$/),
    docusign_webhook_secret: expect.stringMatching(/^[\w-]{43}$/),
    dropboxsign_webhook_secret: expect.stringMatching(/^[\w-]{43}$/),
  });
  const database = await postgresPid(dataDir);
  house.kill('SIGTERM');
  expect(await house.exited).toBe(0);
  expect(await isRunning(database ?? 0)).toBe(false);
});

test.runIf(process.platform === 'linux')(
  'on Linux the house and its database take whole turns of the processor',
  async () => {
    const house = await startProcess(dataDir);
    expect(await takesWholeTurns(house.pid)).toBe(true);
    expect(await takesWholeTurns((await postgresPid(dataDir)) ?? 0)).toBe(true);
    house.kill('SIGTERM');
    await house.exited;
  },
);

test('what is secret is readable by its owner alone', async () => {
  expect(await modeOf('credentials.json')).toBe('600');
  expect(await modeOf('secrets')).toBe('700');
  expect(await modeOf('secrets/identity-key.pem')).toBe('600');
  expect(await modeOf('secrets/jwt-key.pem')).toBe('600');
  expect(await modeOf('secrets/postgres-password')).toBe('600');
});

test('a later start keeps the credentials, and refuses a second instance on the same data with a sentence', async () => {
  const house = await startProcess(dataDir);
  expect(await credentials()).toEqual({ ...first, base_url: expect.any(String) });
  expect((await fields()).status).toBe(200);

  const second = await startProcess(dataDir);
  expect(await second.exited).toBe(1);
  expect(second.output()).toContain(`Another UW Wizard is already running on ${dataDir} (process ${house.pid}, http`);
  expect((await fields()).status).toBe(200);

  house.kill('SIGINT');
  expect(await house.exited).toBe(0);
});

test('after kill -9 of node alone the next start ends the database it left behind and goes on with its data', async () => {
  const killed = await startProcess(dataDir);
  const orphan = (await postgresPid(dataDir)) ?? 0;
  killed.kill('SIGKILL');
  await killed.exited;
  expect(await isRunning(orphan)).toBe(true);

  const house = await startProcess(dataDir);
  expect(await isRunning(orphan)).toBe(false);
  expect(await credentials()).toEqual({ ...first, base_url: expect.any(String) });
  expect((await fields()).status).toBe(200);
  house.kill('SIGTERM');
  expect(await house.exited).toBe(0);
});

test('after kill -9 of node and database the next start recovers', async () => {
  const killed = await startProcess(dataDir);
  const database = (await postgresPid(dataDir)) ?? 0;
  killed.kill('SIGKILL');
  process.kill(database, 'SIGKILL');
  await killed.exited;
  await eventually(async () => expect(await isRunning(database)).toBe(false));

  const house = await startProcess(dataDir);
  expect((await fields()).status).toBe(200);
  house.kill('SIGTERM');
  expect(await house.exited).toBe(0);
});

test('a database that ends by itself ends the house with a sentence', async () => {
  const house = await startProcess(dataDir);
  process.kill((await postgresPid(dataDir)) ?? 0, 'SIGKILL');
  expect(await house.exited).toBe(1);
  expect(house.output()).toContain('The database ended by itself');
});

test('a port in use is named before anything else is started', async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => {
      const address = other.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const house = await startProcess(dataDir, { PORT: String(port) });
  other.close();
  expect(await house.exited).toBe(1);
  expect(house.output()).toContain(`Another program listens on port ${port} of 127.0.0.1`);
  expect(house.output()).not.toContain('database');
});

test('every bad variable is named at once, and nothing is started', async () => {
  const house = await startProcess(dataDir, {
    PORT: 'eighty',
    NATS_URL: 'nats://nats:4222',
    DATABASE_URL: 'sqlite:uw.db',
  });
  expect(await house.exited).toBe(1);
  expect(house.output()).toContain('PORT: ');
  expect(house.output()).toContain('NATS_URL: this version has memory://local only');
  expect(house.output()).toMatch(/DATABASE_URL: .*import-pilot/);
});
