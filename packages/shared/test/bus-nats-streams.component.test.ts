import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { eventually } from '@uw-wizard/testkit/eventually';
import { createTestNats, startNats, type TestNats } from '@uw-wizard/testkit/nats';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { eventCatalogue } from '../src/contracts/catalogue.ts';
import { streamOf } from '../src/contracts/streams.ts';
import type { Bus } from '../src/platform/bus.ts';
import { type OpenBusOptions, openBus } from '../src/platform/open-bus.ts';
import { keptLog } from './kept-log.ts';

let nats: TestNats;

beforeEach(async () => {
  nats = await createTestNats();
});
afterEach(() => nats.drop());

async function opened(name = 'deals-svc', more: Partial<OpenBusOptions> = {}): Promise<Bus> {
  const bus = await openBus({ url: nats.url, name, log: keptLog().log, ...more });
  onTestFinished(() => bus.close());
  return bus;
}

/** The server's own view, without the driver under test. */
async function manager() {
  const { username, password, host } = new URL(nats.url);
  const connection = await connect({ servers: host, ...(username === '' ? {} : { user: username, pass: password }) });
  onTestFinished(() => connection.close());
  return jetstreamManager(connection);
}

function message(id: string) {
  return { stream: 'deals-svc', subject: 'deal.started', id, body: '{}' } as const;
}

const dayNanos = 86_400_000_000_000;

test("a publisher's stream is made when it connects: all of its events, on disk, for seven days, refusing when full", async () => {
  await opened();
  const server = await manager();
  const { config } = await eventually(() => server.streams.info('DEALS_SVC'));
  const own = [...eventCatalogue.values()].filter(({ publisher, type }) => streamOf(publisher, type) === 'deals-svc');
  expect(config).toMatchObject({
    retention: 'limits',
    storage: 'file',
    discard: 'new',
    max_age: 7 * dayNanos,
    max_bytes: 512 * 1024 * 1024,
    num_replicas: 1,
    duplicate_window: 300_000_000_000,
  });
  expect(config.subjects.toSorted()).toEqual(own.map(({ type }) => type).toSorted());
});

test('many replicas that start at once make one stream and one durable', async () => {
  const seen: string[] = [];
  const replicas = await Promise.all(Array.from({ length: 8 }, () => opened()));
  for (const replica of replicas) {
    await replica.subscribe({ stream: 'deals-svc', durable: 'shared', concurrency: 1 }, async (delivery) => {
      seen.push(delivery.id);
      await delivery.ack();
    });
  }
  await Promise.all(replicas.map((replica, index) => replica.publish(message(`e${index}`))));
  // A first pull that the server let fall, because the durable was just being made, is noticed by two missed heartbeats: 5 s.
  await eventually(() => expect(seen.toSorted()).toEqual(replicas.map((_, index) => `e${index}`)), {
    timeoutMs: 20_000,
  });
  const server = await manager();
  expect(await server.consumers.list('DEALS_SVC').next()).toHaveLength(1);
});

test('a stream of an older release gets the new events and limits, and loses none of what it had', async () => {
  const server = await manager();
  await server.streams.add({
    name: 'DEALS_SVC',
    subjects: ['deal.started', 'deal.of_another_release'],
    max_age: dayNanos,
  });
  const bus = await opened();
  await bus.publish({ ...message('new'), subject: 'deal.deleted' });
  const { config } = await server.streams.info('DEALS_SVC');
  expect(config).toMatchObject({ max_age: 7 * dayNanos, max_bytes: 512 * 1024 * 1024 });
  expect(config.subjects).toEqual(expect.arrayContaining(['deal.deleted', 'deal.of_another_release']));
});

test('only its publisher changes a stream', async () => {
  const server = await manager();
  await server.streams.add({ name: 'DEALS_SVC', subjects: ['deal.started'], max_age: dayNanos });
  const follower = await opened('signing-svc');
  const seen: string[] = [];
  await follower.subscribe({ stream: 'deals-svc', durable: 'one', concurrency: 1 }, async (delivery) => {
    seen.push(delivery.id);
    await delivery.ack();
  });
  await (await opened('tool')).publish(message('e1'));
  await eventually(() => expect(seen).toEqual(['e1']));
  expect((await server.streams.info('DEALS_SVC')).config.max_age).toBe(dayNanos);
});

test('a durable of an older release is brought up to date where it stands', async () => {
  const server = await manager();
  const bus = await opened('deals-svc', { ackWaitMs: 7_000 });
  await bus.publish(message('e1'));
  await server.consumers.add('DEALS_SVC', { durable_name: 'one', ack_policy: 'explicit', max_deliver: 3 });
  const seen: string[] = [];
  await bus.subscribe({ stream: 'deals-svc', durable: 'one', concurrency: 1 }, async (delivery) => {
    seen.push(delivery.id);
    await delivery.ack();
  });
  await eventually(() => expect(seen).toEqual(['e1']));
  const { config } = await server.consumers.info('DEALS_SVC', 'one');
  expect(config).toMatchObject({ ack_wait: 7_000_000_000, max_deliver: -1, max_ack_pending: -1 });
});

test('an event that was acknowledged or terminated is over for the server too, before any time runs out', async () => {
  const bus = await opened();
  const seen: string[] = [];
  await bus.subscribe({ stream: 'deals-svc', durable: 'one', concurrency: 4 }, async (delivery) => {
    seen.push(delivery.id);
    await (delivery.id === 'bad' ? delivery.term() : delivery.ack());
  });
  await Promise.all(['good', 'bad', 'fine'].map((id) => bus.publish(message(id))));
  const server = await manager();
  await eventually(async () => {
    const { num_ack_pending, num_pending } = await server.consumers.info('DEALS_SVC', 'one');
    expect({ num_ack_pending, num_pending, seen: seen.length }).toEqual({
      num_ack_pending: 0,
      num_pending: 0,
      seen: 3,
    });
  });
});

test('an event that is published again is kept once, also by another process', async () => {
  const [one, two] = [await opened(), await opened()];
  await one.publish(message('same'));
  await Promise.all([one.publish(message('same')), two.publish(message('same'))]);
  const server = await manager();
  expect((await server.streams.info('DEALS_SVC')).state.messages).toBe(1);
});

test('an event that the catalogue does not have, or has for another publisher, is refused with a clear sentence', async () => {
  const bus = await opened();
  const refused = bus.publish({ ...message('e1'), subject: 'deal.exploded' });
  await expect(refused).rejects.toThrow(/deal\.exploded is no event of deals-svc/);
  await expect(bus.publish({ ...message('e2'), subject: 'sms.sent' })).rejects.toThrow(/no event of deals-svc/);
});

test('a stream that is full refuses, and keeps what it has', async () => {
  const bus = await opened('deals-svc', { streams: { maxBytes: 20_000 } });
  const body = 'x'.repeat(8_000);
  await bus.publish({ ...message('e1'), body });
  await bus.publish({ ...message('e2'), body });
  await expect(bus.publish({ ...message('e3'), body })).rejects.toThrow(/maximum bytes exceeded/);
  const server = await manager();
  expect((await server.streams.info('DEALS_SVC')).state).toMatchObject({ messages: 2, first_seq: 1 });
});

test('a server without JetStream is told from one that lacks a stream', async () => {
  const bare = await startNats({ config: 'accounts { PLAIN { users: [ { user: plain, password: plain } ] } }' });
  onTestFinished(() => bare.stop());
  const bus = await openBus({ url: bare.urlFor('plain', 'plain'), name: 'test', log: keptLog().log });
  onTestFinished(() => bus.close());
  await expect(bus.publish(message('e1'))).rejects.toThrow(/no JetStream/);
});
