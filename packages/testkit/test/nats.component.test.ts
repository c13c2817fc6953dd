import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { eventually } from '../src/eventually.ts';
import { createTestNats, type NatsServer, startNats } from '../src/nats.ts';
import { answers } from '../src/servers/speak.ts';

let server: NatsServer;
beforeAll(async () => {
  server = await startNats();
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => server.stop());

/** One call of JetStream's own API. */
async function ask(url: string, subject: string, body = ''): Promise<Record<string, unknown>> {
  const { host, username, password } = new URL(url);
  const user = username === '' ? {} : { user: username, pass: decodeURIComponent(password) };
  const connection = await connect({ servers: host, ...user });
  try {
    return (await connection.request(subject, body)).json();
  } finally {
    await connection.close();
  }
}

const makeStream = (url: string) =>
  ask(url, '$JS.API.STREAM.CREATE.DEALS', JSON.stringify({ name: 'DEALS', subjects: ['deal.>'], storage: 'file' }));
const streams = async (url: string) => (await ask(url, '$JS.API.STREAM.NAMES')).streams ?? [];

test('what was acknowledged is there again after a crash of the server, at the same address', async () => {
  await makeStream(server.url);
  expect(await ask(server.url, 'deal.opened', 'a fact')).toMatchObject({ stream: 'DEALS', seq: 1 });
  await server.kill();
  expect(await answers(server, '', 'INFO')).toBe(false);
  await server.restart();
  expect(await ask(server.url, '$JS.API.STREAM.INFO.DEALS')).toMatchObject({ state: { messages: 1 } });
});

test('a frozen server keeps its connections and answers nobody, until it is woken', async () => {
  await server.pause();
  expect(await answers(server, '', 'INFO', 300)).toBe(false);
  await server.resume();
  expect(await answers(server, '', 'INFO')).toBe(true);
});

test('a server that is shut down while it is frozen does end', async () => {
  await server.pause();
  await server.shutDown();
  await server.restart();
  expect(await answers(server, '', 'INFO')).toBe(true);
});

test('two tests on one server see nothing of each other, and a test that ends leaves nothing', async () => {
  vi.stubEnv('TEST_NATS_URL', '');
  const [mine, yours] = [await createTestNats(), await createTestNats()];
  await makeStream(mine.url);
  expect(await streams(mine.url)).toEqual(['DEALS']);
  expect(await streams(yours.url)).toEqual([]);
  await mine.drop();
  expect(await streams(mine.url)).toEqual([]);
  await yours.drop();
});

test('on a server that somebody named, tests take turns and find nothing of the one before', async () => {
  vi.stubEnv('TEST_NATS_URL', server.url);
  const mine = await createTestNats();
  await makeStream(mine.url);
  let isTheirTurn = false;
  const next = createTestNats().finally(() => {
    isTheirTurn = true;
  });
  expect(await streams(mine.url)).toEqual(['DEALS']);
  expect(isTheirTurn).toBe(false);
  await mine.drop();
  const yours = await next;
  expect(await streams(yours.url)).toEqual([]);
  await yours.drop();
});

test('a server may be given users, and lets nobody else in', async () => {
  const closed = await startNats({ config: 'authorization { users: [ { user: deals, password: "p/w" } ] }' });
  await makeStream(closed.urlFor('deals', 'p/w'));
  await expect(streams(closed.url)).rejects.toThrow(/authorization/i);
  await closed.stop();
});

test('a configuration that the server refuses is an error with the server’s own words', async () => {
  await expect(startNats({ config: 'authorization { nonsense' })).rejects.toThrow(/Parse error/);
});

test('a server goes with the process that wanted it, even one that is killed', async () => {
  const module = new URL('../src/nats.ts', import.meta.url).href;
  const code = `const { host, port } = await (await import('${module}')).startNats(); console.log(JSON.stringify({ host, port })); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code]);
  const [line] = await once(child.stdout, 'data');
  const at = JSON.parse(String(line));
  expect(await answers(at, '', 'INFO')).toBe(true);
  child.kill('SIGKILL');
  await eventually(async () => expect(await answers(at, '', 'INFO')).toBe(false), { timeoutMs: 15_000 });
});
