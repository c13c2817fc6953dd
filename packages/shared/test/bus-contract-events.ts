import { eventually } from '@uw-wizard/testkit/eventually';
import { expect, test } from 'vitest';
import { type BusWorld, message } from './bus-world.ts';

/** How events reach those who follow them, and whom they do not wait for. */
export function eventsContract(world: BusWorld): void {
  test('an event reaches every durable of its stream once, with its id, subject and body', async () => {
    const seen: string[] = [];
    for (const durable of ['one', 'two']) {
      await world.take(durable, async (delivery) => {
        seen.push([durable, delivery.id, delivery.subject, delivery.body, delivery.attempt].join(' '));
        await delivery.ack();
      });
    }
    const event = message('{"a":"ü"}');
    await world.bus().publish(event);
    await eventually(() =>
      expect(seen.toSorted()).toEqual([
        `one ${event.id} deal.started {"a":"ü"} 1`,
        `two ${event.id} deal.started {"a":"ü"} 1`,
      ]),
    );
  });

  test('subscribers of another stream hear nothing of it', async () => {
    const foreign: string[] = [];
    const own: string[] = [];
    await world.bus().subscribe({ stream: 'sms-svc', durable: 'other', concurrency: 1 }, async (delivery) => {
      foreign.push(delivery.id);
      await delivery.ack();
    });
    await world.take('own', async (delivery) => {
      own.push(delivery.id);
      await delivery.ack();
    });
    await world.bus().publish(message());
    await eventually(() => expect(own).toHaveLength(1));
    expect(foreign).toEqual([]);
  });

  test('an event is heard by everybody who listens for its subject as it passes by, until they stop', async () => {
    const heard: string[] = [];
    const stopping = world.bus().hear('deal.started', () => heard.push('stopping'));
    world.bus().hear('deal.started', () => heard.push('staying'));
    world.bus().hear('deal.updated', () => heard.push('another subject'));
    await world.bus().publish(message());
    await eventually(() => expect(heard.toSorted()).toEqual(['staying', 'stopping']));
    await stopping.stop();
    await world.bus().publish(message());
    await eventually(() => expect(heard.toSorted()).toEqual(['staying', 'staying', 'stopping']));
  });

  test('a stream nobody follows takes events all the same', async () => {
    await expect(world.bus().publish(message())).resolves.toBeUndefined();
  });

  test('a subscriber that fails every time delays nobody else', async () => {
    const other: string[] = [];
    await world.take('failing', (delivery) => delivery.nak(20));
    await world.take('other', async (delivery) => {
      other.push(delivery.id);
      await delivery.ack();
    });
    const events = Array.from({ length: 50 }, () => message());
    for (const event of events)
      world
        .bus()
        .publish(event)
        .catch(() => undefined);
    await eventually(() => expect(other.toSorted()).toEqual(events.map(({ id }) => id).toSorted()));
  });

  test('a subscriber that is slow delays nobody else', async () => {
    const other: string[] = [];
    const hold = Promise.withResolvers<void>();
    await world.take('slow', async (delivery) => {
      await hold.promise;
      await delivery.ack();
    });
    await world.take('other', async (delivery) => {
      other.push(delivery.id);
      await delivery.ack();
    });
    const published = Array.from({ length: 30 }, () => world.bus().publish(message()));
    await eventually(() => expect(other).toHaveLength(30));
    hold.resolve();
    await Promise.all(published);
  });

  test('a durable has no more in hand than it asked for', async () => {
    let inHand = 0;
    let most = 0;
    let done = 0;
    const threeInHand = Promise.withResolvers<void>();
    await world.take(
      'bounded',
      async (delivery) => {
        inHand += 1;
        most = Math.max(most, inHand);
        if (inHand === 3) threeInHand.resolve();
        await threeInHand.promise;
        await new Promise((resolve) => setImmediate(resolve));
        inHand -= 1;
        done += 1;
        await delivery.ack();
      },
      3,
    );
    await Promise.all(Array.from({ length: 30 }, () => world.bus().publish(message())));
    await eventually(() => expect(done).toBe(30));
    expect(most).toBe(3);
  });

  test('an event published twice at once is handled once', async () => {
    const seen: string[] = [];
    const hold = Promise.withResolvers<void>();
    await world.take('own', async (delivery) => {
      seen.push(delivery.id);
      await hold.promise;
      await delivery.ack();
    });
    const event = message();
    const published = [world.bus().publish(event), world.bus().publish(event)];
    await eventually(() => expect(seen).toHaveLength(1));
    published.push(world.bus().publish(event));
    hold.resolve();
    await Promise.all(published);
    await world.bus().publish(message('last'));
    await eventually(() => expect(seen).toHaveLength(2));
  });

  test('two subscribers with one durable name share its events', async () => {
    const seen: string[] = [];
    const both = Promise.withResolvers<void>();
    for (const replica of ['a', 'b']) {
      await world.take(
        'shared',
        async (delivery) => {
          seen.push(`${delivery.body} ${replica}`);
          if (new Set(seen.map((entry) => entry.at(-1))).size === 2) both.resolve();
          await both.promise;
          await delivery.ack();
        },
        1,
      );
    }
    await Promise.all(Array.from({ length: 20 }, (_, index) => world.bus().publish(message(String(index)))));
    await eventually(() => expect(seen).toHaveLength(20));
    expect(new Set(seen.map((entry) => entry.split(' ')[0])).size).toBe(20);
    expect(new Set(seen.map((entry) => entry.split(' ')[1]))).toEqual(new Set(['a', 'b']));
  });

  test('stopping a subscription waits for what is in hand', async () => {
    const begun = Promise.withResolvers<void>();
    const hold = Promise.withResolvers<void>();
    const order: string[] = [];
    const subscription = await world.take('stopping', async (delivery) => {
      begun.resolve();
      await hold.promise;
      order.push('finished');
      await delivery.ack();
    });
    const published = world.bus().publish(message());
    await begun.promise;
    const stopped = subscription.stop().then(() => order.push('stopped'));
    // One that does not wait is given the time to be done.
    await new Promise((resolve) => setTimeout(resolve, 20));
    hold.resolve();
    await Promise.all([stopped, published]);
    expect(order).toEqual(['finished', 'stopped']);
  });

  test('an event published while its durable is away is there when it is back', async () => {
    await (await world.take('returning', (delivery) => delivery.ack())).stop();
    const event = message();
    const published = await world
      .bus()
      .publish(event)
      .then(
        () => true,
        () => false,
      );
    expect(published).toBe(world.stores());
    const seen: string[] = [];
    await world.take('returning', async (delivery) => {
      seen.push(delivery.id);
      await delivery.ack();
    });
    // The publisher's outbox does what a driver that stores nothing cannot: it publishes again.
    if (!published) await world.bus().publish(event);
    await eventually(() => expect(seen).toEqual([event.id]));
  });

  test('a delivery that waits to be tried again when its subscription stops is not lost', async () => {
    let sentBack = 0;
    const first = await world.take('stopping', async (delivery) => {
      await delivery.nak(300);
      sentBack += 1;
    });
    const event = message();
    const published = world
      .bus()
      .publish(event)
      .then(
        () => true,
        () => false,
      );
    await eventually(() => expect(sentBack).toBe(1));
    await first.stop();
    expect(await published).toBe(world.stores());
    const seen: string[] = [];
    await world.take('stopping', async (delivery) => {
      seen.push(delivery.id);
      await delivery.ack();
    });
    if (!world.stores()) await world.bus().publish(event);
    await eventually(() => expect(seen).toEqual([event.id]));
  });
}
