import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { eventually } from '@uw-wizard/testkit/eventually';
import { type NatsServer, startNats } from '@uw-wizard/testkit/nats';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Bus, Delivery } from '../src/platform/bus.ts';
import { openBus } from '../src/platform/open-bus.ts';
import { keptLog } from './kept-log.ts';

let nats: NatsServer;
let bus: Bus;
let count = 0;

beforeEach(async () => {
  nats = await startNats();
  bus = await opened();
});
afterEach(async () => {
  await bus.close();
  await nats.stop();
});

function opened(name = 'deals-svc', more: { ackWaitMs?: number } = {}): Promise<Bus> {
  return openBus({ url: nats.url, name, log: keptLog().log, ...more });
}

function message() {
  count += 1;
  return { stream: 'deals-svc', subject: 'deal.started', id: `event-${count}`, body: '{}' } as const;
}

/** Subscribes `durable` and returns the ids it has taken, in the order they came. */
async function taking(durable = 'one', by = bus): Promise<string[]> {
  const seen: string[] = [];
  await by.subscribe({ stream: 'deals-svc', durable, concurrency: 4 }, async (delivery: Delivery) => {
    seen.push(delivery.id);
    await delivery.ack();
  });
  return seen;
}

/** What operators, or a lost disk, could do to the streams. */
async function manage<T>(work: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: `${nats.host}:${nats.port}` });
  try {
    return await work(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

const back = { timeoutMs: 15_000 };

test('a server that dies and comes back goes on where it was, and nothing that was published is lost', async () => {
  const seen = await taking();
  const before = message();
  await bus.publish(before);
  await eventually(() => expect(seen).toEqual([before.id]));
  await nats.kill();
  await eventually(() => expect(bus.connected()).toBe(false));
  await nats.restart();
  await eventually(() => expect(bus.connected()).toBe(true), back);
  const after = message();
  await bus.publish(after);
  await eventually(() => expect(seen).toEqual([before.id, after.id]), back);
});

test('what was published for a subscriber that is away survives the death of the server', async () => {
  await (await bus.subscribe({ stream: 'deals-svc', durable: 'one', concurrency: 1 }, (event) => event.ack())).stop();
  const events = [message(), message(), message()];
  for (const event of events) await bus.publish(event);
  await nats.kill();
  await nats.restart();
  const seen = await taking();
  await eventually(() => expect(seen).toEqual(events.map(({ id }) => id)), back);
});

test('publishing while the server is away rejects at once, and nothing of it arrives later', async () => {
  const seen = await taking();
  await bus.publish(message());
  await eventually(() => expect(seen).toHaveLength(1));
  await nats.kill();
  await eventually(() => expect(bus.connected()).toBe(false));
  const begun = Date.now();
  await expect(bus.publish(message())).rejects.toThrow(/not connected/);
  expect(Date.now() - begun).toBeLessThan(500);
  await nats.restart();
  await eventually(() => expect(bus.connected()).toBe(true), back);
  const last = message();
  await bus.publish(last);
  await eventually(() => expect(seen).toHaveLength(2), back);
  expect(seen.at(-1)).toBe(last.id);
});

test('a publish and a question that are under way when the server dies end at once, not at their deadlines', async () => {
  await bus.publish(message());
  const heard = Promise.withResolvers<void>();
  await bus.respond('ask.deals-svc.slow', () => {
    heard.resolve();
    return new Promise(() => undefined);
  });
  const asked = bus.ask('ask.deals-svc.slow', '', { timeoutMs: 30_000 }).catch((error: unknown) => error);
  await heard.promise;
  await nats.pause();
  const published = bus.publish(message()).catch((error: unknown) => error);
  const begun = Date.now();
  await nats.kill();
  expect(await published).toBeInstanceOf(Error);
  expect(await asked).toMatchObject({ name: 'BusSilence' });
  expect(Date.now() - begun).toBeLessThan(3_000);
});

test('a question while the server is away is a silence, told at once', async () => {
  await bus.respond('ask.deals-svc.echo', async (body) => body);
  await nats.kill();
  await eventually(() => expect(bus.connected()).toBe(false));
  const begun = Date.now();
  const error = await bus.ask('ask.deals-svc.echo', '', { timeoutMs: 5_000 }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'BusSilence', reason: 'no-responder' });
  expect(Date.now() - begun).toBeLessThan(500);
  await nats.restart();
  await eventually(
    async () => expect(await bus.ask('ask.deals-svc.echo', 'hello', { timeoutMs: 1_000 })).toBe('hello'),
    back,
  );
});

test('a service starts while the server is away, and takes up its work when it comes', async () => {
  await nats.shutDown();
  const early = await opened('signing-svc');
  onTestFinished(() => early.close());
  expect(early.connected()).toBe(false);
  const seen = await taking('early', early);
  await early.respond('ask.signing-svc.echo', async (body) => body);
  await nats.restart();
  await eventually(() => expect(bus.connected() && early.connected()).toBe(true), back);
  const event = message();
  await bus.publish(event);
  await eventually(() => expect(seen).toEqual([event.id]), back);
  expect(await bus.ask('ask.signing-svc.echo', 'hello', { timeoutMs: 1_000 })).toBe('hello');
});

test('a bus that never found its server can be closed', async () => {
  await nats.shutDown();
  const lonely = await opened('sms-svc');
  await lonely.close();
  expect(lonely.connected()).toBe(false);
});

test('a durable that is deleted is made again, and what comes then is taken', async () => {
  const seen = await taking();
  const first = message();
  await bus.publish(first);
  await eventually(() => expect(seen).toEqual([first.id]));
  await manage((manager) => manager.consumers.delete('DEALS_SVC', 'one'));
  const second = message();
  await bus.publish(second);
  // A new durable begins at the beginning: what is still kept comes once more, and the inbox knows it.
  await eventually(() => expect(seen).toEqual([first.id, first.id, second.id]), back);
});

test('a stream that is deleted is made again by the next publish, and its subscribers go on', async () => {
  const seen = await taking();
  await bus.publish(message());
  await eventually(() => expect(seen).toHaveLength(1));
  await manage((manager) => manager.streams.delete('DEALS_SVC'));
  const event = message();
  await bus.publish(event);
  await eventually(() => expect(seen.at(-1)).toBe(event.id), back);
});

test('what is said about an event of a stream that is gone does not end the event that has its number now', async () => {
  const holdOld = Promise.withResolvers<void>();
  const seen: string[] = [];
  await bus.subscribe({ stream: 'deals-svc', durable: 'one', concurrency: 2 }, async (delivery) => {
    seen.push(`${delivery.body} ${delivery.attempt}`);
    if (delivery.body === 'old') await holdOld.promise;
    if (delivery.body === 'new' && delivery.attempt === 1) {
      holdOld.resolve();
      return delivery.nak(200);
    }
    await delivery.ack();
  });
  await bus.publish({ ...message(), body: 'old' });
  await eventually(() => expect(seen).toEqual(['old 1']));
  await manage((manager) => manager.streams.delete('DEALS_SVC'));
  await bus.publish({ ...message(), body: 'new' });
  await eventually(() => expect(seen).toEqual(['old 1', 'new 1', 'new 2']), back);
});

test('a server that lost its disk gets its streams and durables again', async () => {
  const follower = await opened('signing-svc');
  onTestFinished(() => follower.close());
  const seen = await taking('one', follower);
  await bus.publish(message());
  await eventually(() => expect(seen).toHaveLength(1));
  const kept = ['DEALS_SVC', 'ERASURES', 'SIGNING_SVC'];
  await manage((manager) => Promise.all(kept.map((name) => manager.streams.delete(name))));
  await nats.kill();
  await nats.restart();
  await eventually(async () => {
    const streams = await manage((manager) => manager.streams.names().next());
    expect(streams.toSorted()).toEqual(kept);
  }, back);
  const event = message();
  await eventually(() => bus.publish(event), back);
  await eventually(() => expect(seen.at(-1)).toBe(event.id), back);
});

test('what a process held when it was cut off goes to another, after its time has run out', async () => {
  const gone = await opened('a', { ackWaitMs: 1_000 });
  const held: string[] = [];
  await gone.subscribe({ stream: 'deals-svc', durable: 'one', concurrency: 1 }, (delivery) => {
    held.push(delivery.id);
    return new Promise(() => undefined);
  });
  const event = message();
  await bus.publish(event);
  await eventually(() => expect(held).toEqual([event.id]));
  const other = await opened('b', { ackWaitMs: 1_000 });
  onTestFinished(() => other.close());
  const seen = await taking('one', other);
  await gone.close();
  await eventually(() => expect(seen).toEqual([event.id]), back);
});

test('a server that freezes makes publishing reject, and is used again when it thaws', async () => {
  await bus.publish(message());
  await nats.pause();
  // The first ones may still reach it.
  const untilFrozen = async (): Promise<void> => {
    for (;;) await bus.publish(message());
  };
  await expect(untilFrozen()).rejects.toThrow(/no word within 5000 ms/);
  await nats.resume();
  await eventually(() => bus.publish(message()), back);
});

test('a question in the hand of a responder that dies is answered by another one', async () => {
  const replicas = [await opened(), await opened()];
  onTestFinished(async () => void (await Promise.all(replicas.map((replica) => replica.close()))));
  let dead: Bus | undefined;
  for (const replica of replicas) {
    await replica.respond('ask.deals-svc.who', () => {
      if (dead !== undefined) return Promise.resolve('still here');
      dead = replica;
      void replica.close();
      return new Promise(() => undefined);
    });
  }
  expect(await bus.ask('ask.deals-svc.who', '', { timeoutMs: 1_500 })).toBe('still here');
  expect(dead).toBeDefined();
});
