import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eventually } from '@uw-wizard/testkit/eventually';
import { type NatsServer, startNats } from '@uw-wizard/testkit/nats';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type BusUser, busUsers } from '../src/contracts/neighbours.ts';
import type { Bus } from '../src/platform/bus.ts';
import { durableName } from '../src/platform/bus.ts';
import { natsUsersConfig } from '../src/platform/nats-server-config.ts';
import { openBus } from '../src/platform/open-bus.ts';
import { keptLog } from './kept-log.ts';

const passwordOf = (user: BusUser) => `the "secret" of ${user}`;
let nats: NatsServer;
const buses = new Map<BusUser, Bus>();
const log = keptLog();

beforeAll(async () => {
  const users = Object.fromEntries(busUsers.map((user) => [user, passwordOf(user)]));
  nats = await startNats({ config: natsUsersConfig(users) });
  for (const user of busUsers) {
    const url = nats.urlFor(user, passwordOf(user));
    buses.set(user, await openBus({ url, name: user, log: log.log }));
  }
});
afterAll(async () => {
  for (const bus of buses.values()) await bus.close();
  await nats.stop();
});

function busOf(user: BusUser): Bus {
  const bus = buses.get(user);
  if (bus === undefined) throw new Error(`no bus for ${user}`);
  return bus;
}

/** Somebody with the credentials of `user` and no manners. */
async function intruder(user: BusUser): Promise<NatsConnection> {
  const connection = await connect({
    servers: `${nats.host}:${nats.port}`,
    user,
    pass: passwordOf(user),
    inboxPrefix: `_INBOX_${user}`,
  });
  onTestFinished(() => connection.close());
  return connection;
}

const event = { stream: 'deals-svc', subject: 'deal.started', body: '{}' } as const;

test('services with credentials publish, follow, ask and answer as the contracts say', async () => {
  const seen: string[] = [];
  const subscription = await busOf('signing-svc').subscribe(
    { stream: 'deals-svc', durable: durableName('signing-svc', 'deals-svc'), concurrency: 2 },
    async (delivery) => {
      await delivery.working();
      seen.push(`${delivery.id} ${delivery.attempt}`);
      await (delivery.attempt === 1 ? delivery.nak(10) : delivery.ack());
    },
  );
  onTestFinished(() => subscription.stop());
  await busOf('deals-svc').publish({ ...event, id: 'e1' });
  await eventually(() => expect(seen).toEqual(['e1 1', 'e1 2']));
  const responder = await busOf('auth-svc').respond('ask.auth-svc.resolve-session', async (body) => `heard ${body}`);
  onTestFinished(() => responder.stop());
  expect(await busOf('gateway').ask('ask.auth-svc.resolve-session', 'hello', { timeoutMs: 2_000 })).toBe('heard hello');
});

test('every publisher has made its stream, with all of its events', async () => {
  const connection = await intruder('deals-svc');
  const manager = await jetstreamManager(connection, { checkAPI: false });
  for (const stream of ['DEALS_SVC', 'DOCUMENTS_SVC', 'SIGNING_SVC', 'SMS_SVC', 'AUTH_SVC']) {
    await eventually(async () =>
      expect((await manager.streams.info(stream)).config.subjects.length).toBeGreaterThan(2),
    );
  }
});

test('a service cannot publish the events of another', async () => {
  await expect(busOf('sms-svc').publish({ ...event, id: 'forged' })).rejects.toThrow(
    /does not let us publish deal\.started for deals-svc/,
  );
  const raw = await intruder('sms-svc');
  await expect(jetstream(raw).publish('deal.started', '{}')).rejects.toThrow(/permissions violation/i);
});

test('a service cannot read a stream that it does not follow, in any of the ways there are', async () => {
  await busOf('deals-svc').publish({ ...event, id: 'private' });
  const raw = await intruder('sms-svc');
  const manager = await jetstreamManager(raw, { checkAPI: false });
  const refused = /permissions violation/i;
  await expect(manager.consumers.add('DEALS_SVC', { durable_name: 'mine' })).rejects.toThrow(refused);
  await expect(manager.consumers.add('DEALS_SVC', { name: 'passing' })).rejects.toThrow(refused);
  await expect(manager.streams.getMessage('DEALS_SVC', { seq: 1 })).rejects.toThrow(refused);
  await expect(manager.direct.getMessage('DEALS_SVC', { seq: 1 })).rejects.toThrow(refused);
  await expect(manager.streams.info('DEALS_SVC')).rejects.toThrow(refused);
  for (const subject of ['>', 'deal.>', '_INBOX_deals-svc.>', 'answer.>', 'ask.auth-svc.resolve-session', '$JS.>']) {
    const closed = await raw.subscribe(subject, { callback: () => undefined }).closed;
    expect(String(closed), subject).toMatch(refused);
  }
});

test('a follower cannot read through the durable of another follower, nor change or delete the stream', async () => {
  const raw = await intruder('signing-svc');
  const manager = await jetstreamManager(raw, { checkAPI: false });
  const refused = /permissions violation/i;
  await expect(manager.consumers.add('DEALS_SVC', { durable_name: 'another' })).rejects.toThrow(refused);
  await expect(manager.streams.delete('DEALS_SVC')).rejects.toThrow(refused);
  await expect(manager.streams.purge('DEALS_SVC')).rejects.toThrow(refused);
  await expect(manager.streams.update('DEALS_SVC', { max_msgs: 1 })).rejects.toThrow(refused);
  await expect(manager.consumers.delete('DEALS_SVC', 'signing-svc-from-deals-svc')).rejects.toThrow(refused);
});

test('a service cannot ask what it has no business to ask, and says so instead of finding silence', async () => {
  await expect(busOf('sms-svc').ask('ask.auth-svc.resolve-session', '', { timeoutMs: 5_000 })).rejects.toThrow(
    /does not let us ask ask\.auth-svc\.resolve-session/,
  );
});

test('a service cannot answer for another, nor send to the inbox of another', async () => {
  const raw = await intruder('sms-svc');
  for (const subject of ['answer.auth-svc.gateway.x.1', 'answer.deals-svc.sms-svc.x.1', '_INBOX_gateway.x']) {
    await expect(raw.request(subject, '', { timeout: 2_000 }), subject).rejects.toThrow(/permissions violation/i);
  }
});

test('nobody can make a service publish an event by asking for the answer on the subject of one', async () => {
  const bus = busOf('deals-svc');
  let asked = 0;
  const responder = await bus.respond('ask.deals-svc.deal-exists', async () => {
    asked += 1;
    return '{"forged":true}';
  });
  onTestFinished(() => responder.stop());
  const raw = await intruder('sms-svc');
  raw.publish('ask.deals-svc.deal-exists', '{}', { reply: 'deal.started' });
  await raw.flush();
  expect(await busOf('sms-svc').ask('ask.deals-svc.deal-exists', '{}', { timeoutMs: 2_000 })).toContain('forged');
  expect(asked).toBe(1);
});

test('a wrong password is told in the log, and does not end the trying', async () => {
  const { log: kept, lines } = keptLog();
  const bus = await openBus({ url: nats.urlFor('deals-svc', 'wrong'), name: 'deals-svc', log: kept });
  onTestFinished(() => bus.close());
  expect(bus.connected()).toBe(false);
  await eventually(() => {
    const told = lines.filter(({ msg }) => /does not take our user and password/.test(String(msg)));
    expect(told.length).toBeGreaterThan(1);
  });
  expect(JSON.stringify(lines)).not.toContain('wrong');
});
