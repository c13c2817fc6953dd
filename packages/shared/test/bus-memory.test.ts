import { expect, onTestFinished, test, vi } from 'vitest';
import type { Delivery } from '../src/platform/bus.ts';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import { busContract } from './bus-contract.ts';

busContract('in-process', async ({ patienceMs }) => {
  const bus = createMemoryBus({ ackWaitMs: patienceMs });
  return { bus, stores: false, stop: () => bus.close() };
});

const event = { stream: 'deals-svc', subject: 'deal.started', id: 'e1', body: '{}' } as const;
const options = { stream: 'deals-svc', durable: 'one', concurrency: 1 } as const;

/** The bus waits for nothing but its handlers and its timers: in the next turn all is done that can be. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function outcome(published: Promise<void>): Promise<string> {
  return published.then(
    () => 'published',
    (error: Error) => error.message,
  );
}

test('an event is published only when every durable has ended its delivery', async () => {
  const bus = createMemoryBus();
  const hold = Promise.withResolvers<void>();
  await bus.subscribe({ ...options, durable: 'quick' }, (delivery) => delivery.ack());
  await bus.subscribe({ ...options, durable: 'slow' }, async (delivery) => {
    await hold.promise;
    await delivery.ack();
  });
  let done = false;
  const published = bus.publish(event).then(() => {
    done = true;
  });
  await settled();
  expect(done).toBe(false);
  hold.resolve();
  await published;
});

test('an event published again while one durable still has it goes neither to that one nor to those who took it', async () => {
  const bus = createMemoryBus();
  const seen: string[] = [];
  const hold = Promise.withResolvers<void>();
  await bus.subscribe({ ...options, durable: 'quick' }, async (delivery) => {
    seen.push('quick');
    await delivery.ack();
  });
  await bus.subscribe({ ...options, durable: 'slow' }, async (delivery) => {
    seen.push('slow');
    await hold.promise;
    await delivery.ack();
  });
  const first = bus.publish(event);
  await settled();
  expect(seen).toEqual(['quick', 'slow']);
  const second = bus.publish(event);
  hold.resolve();
  await Promise.all([first, second]);
  expect(seen).toEqual(['quick', 'slow']);
});

test('a durable that went away is tried again by the next publish while another still has the event', async () => {
  const bus = createMemoryBus();
  const hold = Promise.withResolvers<void>();
  const seen: string[] = [];
  const take = (name: string) => async (delivery: Delivery) => {
    seen.push(name);
    if (name === 'slow') await hold.promise;
    await delivery.ack();
  };
  await bus.subscribe({ ...options, durable: 'slow' }, take('slow'));
  const away = await bus.subscribe({ ...options, durable: 'away' }, (delivery) => delivery.nak(60_000));
  const first = outcome(bus.publish(event));
  await settled();
  await away.stop();
  expect(await first).toMatch(/away has not taken the event/);
  await bus.subscribe({ ...options, durable: 'away' }, take('back'));
  const second = outcome(bus.publish(event));
  hold.resolve();
  expect(await second).toBe('published');
  expect(seen).toEqual(['slow', 'back']);
});

test('closing the bus refuses every publish that is still under way', async () => {
  const bus = createMemoryBus();
  await bus.subscribe(options, (delivery) => delivery.nak(60_000));
  const published = outcome(bus.publish(event));
  await settled();
  await bus.close();
  expect(await published).toMatch(/the bus was closed/);
});

test('a delivery without a sign of life counts as failed, and one that says it is at work does not', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const bus = createMemoryBus({ ackWaitMs: 40 });
  const attempts: number[] = [];
  await bus.subscribe(options, async (delivery) => {
    attempts.push(delivery.attempt);
    if (delivery.attempt === 1) await new Promise(() => undefined);
    for (let round = 0; round < 5; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await delivery.working();
    }
    await delivery.ack();
  });
  const published = bus.publish(event);
  await vi.advanceTimersByTimeAsync(1_000);
  await published;
  expect(attempts).toEqual([1, 2]);
});

test('a paused bus delivers once it is resumed, to those who subscribed in between', async () => {
  const bus = createMemoryBus({ paused: true });
  const published = bus.publish(event);
  const seen: string[] = [];
  await bus.subscribe(options, async (delivery) => {
    seen.push(delivery.id);
    await delivery.ack();
  });
  bus.resume();
  await published;
  expect(seen).toEqual(['e1']);
});
