import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

// Each starts a process, which takes its time on a machine that does other things too.
vi.setConfig({ testTimeout: 30_000 });

const cache = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'node');

/** Runs the part that fails in this way; `onLog` sees its log grow. */
async function run(
  how: string,
  onLog: (log: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'part-that-fails.ts')], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: cache, NATS_URL: 'nats://127.0.0.1:1', HOW: how },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    onLog(text, (signal) => void child.kill(signal));
  });
  const [code] = await once(child, 'close');
  const lines = text.split('\n').filter((line) => line !== '');
  return { code, lines: lines.map((line) => JSON.parse(line)) };
}

test.each([
  ['a worker that ends by itself', 'worker', 'a part of it ended by itself'],
  ['a promise that nobody looked after', 'rejection', 'failed where nobody looked'],
  ['an exception that nobody caught', 'exception', 'failed where nobody looked'],
  ['a start that fails', 'start', 'not started'],
])('%s stops the process in order, with a failure', async (_, how, msg) => {
  const { code, lines } = await run(how);
  expect(code).toBe(1);
  const told = lines.filter((line) => line.msg !== 'started');
  expect(told.map((line) => line.msg)).toEqual([msg, 'flushed', 'stopped']);
  expect(told[0]).toMatchObject({ level: 'fatal', service: 'part', err: { message: 'no disk' } });
});

test('a process that is told to stop while it starts undoes what it has begun, and that is no failure', async () => {
  const { code, lines } = await run('long start', (log, kill) => {
    if (log.includes('starting') && !log.includes('stopping')) kill('SIGTERM');
  });
  expect(code).toBe(0);
  expect(lines.map((line) => line.msg)).toEqual(['starting', 'stopping', 'flushed', 'stopped']);
});
