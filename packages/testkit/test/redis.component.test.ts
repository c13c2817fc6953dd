import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { eventually } from '../src/eventually.ts';
import { createTestRedis, type RedisServer, startRedis } from '../src/redis.ts';
import { answers } from '../src/servers/speak.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => server.stop());

async function onServer<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}
const isUp = () => answers(server, 'PING\r\n', '+PONG', 300);

test('what was answered is there again after a crash of the server, at the same address', async () => {
  await onServer(server.url, (redis) => redis.set('claim', 'mine'));
  await server.kill();
  expect(await isUp()).toBe(false);
  await server.restart();
  expect(await onServer(server.url, (redis) => redis.get('claim'))).toBe('mine');
});

test('a frozen server answers nobody, until it is woken', async () => {
  await server.pause();
  expect(await isUp()).toBe(false);
  await server.resume();
  expect(await isUp()).toBe(true);
});

test.each(['of the test file', 'that somebody named'])(
  'two tests on one server %s see nothing of each other, and a test that ends leaves nothing',
  async (which) => {
    vi.stubEnv('TEST_REDIS_URL', which === 'of the test file' ? '' : server.url);
    const [mine, yours] = [await createTestRedis(), await createTestRedis()];
    await onServer(mine.url, (redis) => redis.set('claim', 'mine'));
    expect(await onServer(yours.url, (redis) => redis.keys('*'))).toEqual([]);
    await mine.drop();
    expect(await onServer(mine.url, (redis) => redis.keys('*'))).toEqual([]);
    await yours.drop();
  },
);

test('a server goes with the process that wanted it, even one that is killed', async () => {
  const module = new URL('../src/redis.ts', import.meta.url).href;
  const code = `const { host, port } = await (await import('${module}')).startRedis(); console.log(JSON.stringify({ host, port })); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code]);
  const [line] = await once(child.stdout, 'data');
  const at = JSON.parse(String(line));
  expect(await answers(at, 'PING\r\n', '+PONG')).toBe(true);
  child.kill('SIGKILL');
  await eventually(async () => expect(await answers(at, 'PING\r\n', '+PONG')).toBe(false), { timeoutMs: 15_000 });
});
