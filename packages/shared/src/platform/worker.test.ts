import { expect, test } from 'vitest';
import { createResponder } from './responder.ts';
import { pause, runWorkers, type Worker } from './worker.ts';

const untilAborted: Worker['run'] = (signal) => pause(60_000, signal);

test('stopping aborts all workers together and waits for the last to finish', async () => {
  const ended: string[] = [];
  const worker = (name: string, finishMs: number): Worker => ({
    name,
    async run(signal) {
      await untilAborted(signal);
      await new Promise((resolve) => setTimeout(resolve, finishMs));
      ended.push(name);
    },
  });
  await runWorkers([worker('slow', 40), worker('quick', 5)]).stop();
  expect(ended).toEqual(['quick', 'slow']);
});

test('a worker that ends with an error is told to whoever watches, and the others can still be stopped', async () => {
  const broken: Worker = { name: 'broken', run: () => Promise.reject(new Error('no disk')) };
  let stopped = false;
  const good: Worker = {
    name: 'good',
    async run(signal) {
      await untilAborted(signal);
      stopped = true;
    },
  };
  const running = runWorkers([broken, good]);
  await expect(running.failed).rejects.toThrow('no disk');
  await running.stop();
  expect(stopped).toBe(true);
});

test('a pause ends early when it is aborted, and at once when it already was', async () => {
  const abort = new AbortController();
  const begun = Date.now();
  setTimeout(() => abort.abort(), 10);
  await pause(60_000, abort.signal);
  await pause(60_000, abort.signal);
  expect(Date.now() - begun).toBeLessThan(5_000);
});

test('a responder stays up until it is stopped, also when the bus was away at its start', async () => {
  const events: string[] = [];
  const responder = createResponder({
    name: 'answers',
    async start() {
      events.push('start');
      if (events.length === 1) throw new Error('the bus is away');
      return [{ stop: async () => void events.push('stop') }];
    },
  });
  const running = runWorkers([responder]);
  await expect.poll(() => events).toEqual(['start', 'start']);
  await running.stop();
  expect(events).toEqual(['start', 'start', 'stop']);
});

test('who waits only so long is told which workers have not finished', async () => {
  const stuck: Worker = { name: 'stuck', run: () => new Promise(() => undefined) };
  const good: Worker = { name: 'good', run: untilAborted };
  expect(await runWorkers([stuck, good]).stopWithin(20)).toEqual(['stuck']);
  expect(await runWorkers([good]).stopWithin(60_000)).toEqual([]);
});
