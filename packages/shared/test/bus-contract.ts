import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Publisher } from '../src/contracts/event.ts';
import { type Bus, BusSilence, type Delivery } from '../src/platform/bus.ts';

/** A driver under test: `stores` tells whether it keeps an event itself or leaves that to the publisher's outbox. */
export type BusUnderTest = { bus: Bus; stores: boolean; stop: () => Promise<void> };

const stream: Publisher = 'deals-svc';
let count = 0;

function message(body = '{}', subject = 'deal.started') {
  count += 1;
  return { stream, subject, id: `event-${process.pid}-${Date.now()}-${count}`, body };
}

/** How long the driver under test lets a handler go without a sign. */
const patienceMs = 400;

/** What every driver of the bus guarantees, in the same words. `make` gives a bus nobody else uses. */
export function busContract(name: string, make: (options: { patienceMs: number }) => Promise<BusUnderTest>): void {
  describe(`the ${name} bus`, () => {
    let under: BusUnderTest;
    let bus: Bus;
    beforeEach(async () => {
      under = await make({ patienceMs });
      bus = under.bus;
    });
    afterEach(() => under.stop());

    const take = (durable: string, handle: (delivery: Delivery) => Promise<void>, concurrency = 10) =>
      bus.subscribe({ stream, durable, concurrency }, handle);

    test('an event reaches every durable of its stream once, with its id, subject and body', async () => {
      const seen: string[] = [];
      for (const durable of ['one', 'two']) {
        await take(durable, async (delivery) => {
          seen.push([durable, delivery.id, delivery.subject, delivery.body, delivery.attempt].join(' '));
          await delivery.ack();
        });
      }
      const event = message('{"a":"ü"}');
      await bus.publish(event);
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
      await bus.subscribe({ stream: 'sms-svc', durable: 'other', concurrency: 1 }, async (delivery) => {
        foreign.push(delivery.id);
        await delivery.ack();
      });
      await take('own', async (delivery) => {
        own.push(delivery.id);
        await delivery.ack();
      });
      await bus.publish(message());
      await eventually(() => expect(own).toHaveLength(1));
      expect(foreign).toEqual([]);
    });

    test('a stream nobody follows takes events all the same', async () => {
      await expect(bus.publish(message())).resolves.toBeUndefined();
    });

    test('what is not acknowledged comes again to that durable alone, as a later attempt, no sooner than asked', async () => {
      const failing: { attempt: number; at: number }[] = [];
      const other: number[] = [];
      await take('failing', async (delivery) => {
        failing.push({ attempt: delivery.attempt, at: Date.now() });
        await (delivery.attempt < 3 ? delivery.nak(50) : delivery.ack());
      });
      await take('other', async (delivery) => {
        other.push(delivery.attempt);
        await delivery.ack();
      });
      await bus.publish(message());
      await eventually(() => expect(failing.map(({ attempt }) => attempt)).toEqual([1, 2, 3]));
      const [first, second, third] = failing.map(({ at }) => at);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(45);
      expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(45);
      expect(other).toEqual([1]);
    });

    test('a handler that throws, or returns without a word, gets the event again', async () => {
      const attempts: number[] = [];
      await take('careless', async (delivery) => {
        attempts.push(delivery.attempt);
        if (delivery.attempt === 1) throw new Error('not today');
        if (delivery.attempt === 3) await delivery.ack();
      });
      await bus.publish(message());
      await eventually(() => expect(attempts).toEqual([1, 2, 3]));
    });

    test('a handler that says it is at work keeps its delivery, however long it takes', async () => {
      const attempts: number[] = [];
      let done = false;
      await take('diligent', async (delivery) => {
        attempts.push(delivery.attempt);
        const until = Date.now() + 3 * patienceMs;
        while (attempts.length === 1 && Date.now() < until) {
          await delivery.working();
          await new Promise((resolve) => setTimeout(resolve, patienceMs / 8));
        }
        await delivery.ack();
        done = true;
      });
      await bus.publish(message());
      await eventually(() => expect(done).toBe(true));
      // The next event shows that the first one is over.
      await bus.publish(message());
      await eventually(() => expect(attempts).toHaveLength(2));
      expect(attempts).toEqual([1, 1]);
    });

    test('a handler that gives no sign has failed: its event comes again, and it holds up nothing', async () => {
      const seen: string[] = [];
      const hold = Promise.withResolvers<void>();
      await take(
        'stuck',
        async (delivery) => {
          seen.push(`${delivery.body} ${delivery.attempt}`);
          if (delivery.body === 'stuck' && delivery.attempt === 1) await hold.promise;
          await delivery.ack();
        },
        1,
      );
      const published = [bus.publish(message('stuck')), bus.publish(message('next'))];
      await eventually(() => expect(seen.toSorted()).toEqual(['next 1', 'stuck 1', 'stuck 2']));
      // What it says when it wakes up does not count any more.
      hold.resolve();
      await Promise.all(published);
    });

    test('the first word about a delivery counts, and no other', async () => {
      const seen: string[] = [];
      await take('wavering', async (delivery) => {
        seen.push(`${delivery.body} ${delivery.attempt}`);
        await delivery.ack();
        await delivery.nak(1);
        await delivery.term();
      });
      await bus.publish(message('one'));
      await bus.publish(message('two'));
      await eventually(() => expect(seen).toEqual(['one 1', 'two 1']));
    });

    test('an event that waits to be tried again lets those behind it pass', async () => {
      const seen: string[] = [];
      await take(
        'early',
        async (delivery) => {
          seen.push(`${delivery.body} ${delivery.attempt}`);
          const early = delivery.body === 'second' && !seen.includes('first 1');
          await (early ? delivery.nak(20) : delivery.ack());
        },
        1,
      );
      const second = bus.publish(message('second'));
      await eventually(() => expect(seen).toContain('second 1'));
      await Promise.all([second, bus.publish(message('first'))]);
      await eventually(() =>
        expect(seen.slice(seen.indexOf('first 1')).some((entry) => /^second/.test(entry))).toBe(true),
      );
    });

    test('however many events wait to be tried again, the next one is delivered', async () => {
      let waiting = 0;
      const seen: string[] = [];
      await take(
        'patient',
        async (delivery) => {
          if (delivery.body === 'early') {
            waiting += 1;
            await delivery.nak(60_000);
          } else {
            seen.push(delivery.body);
            await delivery.ack();
          }
        },
        50,
      );
      const early = Array.from({ length: 1_500 }, () => message('early'));
      // A driver that stores nothing goes on trying until it is closed.
      for (const event of early) bus.publish(event).catch(() => undefined);
      await eventually(() => expect(waiting).toBe(early.length), { timeoutMs: 20_000 });
      await bus.publish(message('next'));
      await eventually(() => expect(seen).toEqual(['next']));
    });

    test('a terminated delivery does not come again', async () => {
      const seen: string[] = [];
      await take('strict', async (delivery) => {
        seen.push(delivery.body);
        await (delivery.body === 'bad' ? delivery.term() : delivery.ack());
      });
      await bus.publish(message('bad'));
      await bus.publish(message('good'));
      await eventually(() => expect(seen).toEqual(['bad', 'good']));
    });

    test('a subscriber that fails every time delays nobody else', async () => {
      const other: string[] = [];
      await take('failing', (delivery) => delivery.nak(20));
      await take('other', async (delivery) => {
        other.push(delivery.id);
        await delivery.ack();
      });
      const events = Array.from({ length: 50 }, () => message());
      for (const event of events) bus.publish(event).catch(() => undefined);
      await eventually(() => expect(other.toSorted()).toEqual(events.map(({ id }) => id).toSorted()));
    });

    test('a subscriber that is slow delays nobody else', async () => {
      const other: string[] = [];
      const hold = Promise.withResolvers<void>();
      await take('slow', async (delivery) => {
        await hold.promise;
        await delivery.ack();
      });
      await take('other', async (delivery) => {
        other.push(delivery.id);
        await delivery.ack();
      });
      const published = Array.from({ length: 30 }, () => bus.publish(message()));
      await eventually(() => expect(other).toHaveLength(30));
      hold.resolve();
      await Promise.all(published);
    });

    test('a durable has no more in hand than it asked for', async () => {
      let inHand = 0;
      let most = 0;
      let done = 0;
      const threeInHand = Promise.withResolvers<void>();
      await take(
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
      await Promise.all(Array.from({ length: 30 }, () => bus.publish(message())));
      await eventually(() => expect(done).toBe(30));
      expect(most).toBe(3);
    });

    test('an event published twice at once is handled once', async () => {
      const seen: string[] = [];
      const hold = Promise.withResolvers<void>();
      await take('own', async (delivery) => {
        seen.push(delivery.id);
        await hold.promise;
        await delivery.ack();
      });
      const event = message();
      const published = [bus.publish(event), bus.publish(event)];
      await eventually(() => expect(seen).toHaveLength(1));
      published.push(bus.publish(event));
      hold.resolve();
      await Promise.all(published);
      await bus.publish(message('last'));
      await eventually(() => expect(seen).toHaveLength(2));
    });

    test('two subscribers with one durable name share its events', async () => {
      const seen: string[] = [];
      const both = Promise.withResolvers<void>();
      for (const replica of ['a', 'b']) {
        await take(
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
      await Promise.all(Array.from({ length: 20 }, (_, index) => bus.publish(message(String(index)))));
      await eventually(() => expect(seen).toHaveLength(20));
      expect(new Set(seen.map((entry) => entry.split(' ')[0])).size).toBe(20);
      expect(new Set(seen.map((entry) => entry.split(' ')[1]))).toEqual(new Set(['a', 'b']));
    });

    test('stopping a subscription waits for what is in hand', async () => {
      const begun = Promise.withResolvers<void>();
      const hold = Promise.withResolvers<void>();
      const order: string[] = [];
      const subscription = await take('stopping', async (delivery) => {
        begun.resolve();
        await hold.promise;
        order.push('finished');
        await delivery.ack();
      });
      const published = bus.publish(message());
      await begun.promise;
      const stopped = subscription.stop().then(() => order.push('stopped'));
      // One that does not wait is given the time to be done.
      await new Promise((resolve) => setTimeout(resolve, 20));
      hold.resolve();
      await Promise.all([stopped, published]);
      expect(order).toEqual(['finished', 'stopped']);
    });

    test('an event published while its durable is away is there when it is back', async () => {
      await (await take('returning', (delivery) => delivery.ack())).stop();
      const event = message();
      const published = await bus.publish(event).then(
        () => true,
        () => false,
      );
      expect(published).toBe(under.stores);
      const seen: string[] = [];
      await take('returning', async (delivery) => {
        seen.push(delivery.id);
        await delivery.ack();
      });
      // The publisher's outbox does what a driver that stores nothing cannot: it publishes again.
      if (!published) await bus.publish(event);
      await eventually(() => expect(seen).toEqual([event.id]));
    });

    test('a delivery that waits to be tried again when its subscription stops is not lost', async () => {
      let sentBack = 0;
      const first = await take('stopping', async (delivery) => {
        await delivery.nak(300);
        sentBack += 1;
      });
      const event = message();
      const published = bus.publish(event).then(
        () => true,
        () => false,
      );
      await eventually(() => expect(sentBack).toBe(1));
      await first.stop();
      expect(await published).toBe(under.stores);
      const seen: string[] = [];
      await take('stopping', async (delivery) => {
        seen.push(delivery.id);
        await delivery.ack();
      });
      if (!under.stores) await bus.publish(event);
      await eventually(() => expect(seen).toEqual([event.id]));
    });

    test('a question gets the answer of its responder', async () => {
      await bus.respond('ask.deals-svc.echo', async (body) => `heard ${body}`);
      expect(await bus.ask('ask.deals-svc.echo', 'ü', { timeoutMs: 2_000 })).toBe('heard ü');
    });

    test('a question nobody answers is a silence, told at once', async () => {
      const begun = Date.now();
      const error = await bus.ask('ask.deals-svc.nobody', '', { timeoutMs: 5_000 }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BusSilence);
      expect(error).toMatchObject({ reason: 'no-responder' });
      expect(Date.now() - begun).toBeLessThan(2_000);
    });

    test('an answer that comes too late is a silence, told at the deadline', async () => {
      const hold = Promise.withResolvers<string>();
      await bus.respond('ask.deals-svc.slow', () => hold.promise);
      const error = await bus.ask('ask.deals-svc.slow', '', { timeoutMs: 50 }).catch((thrown: unknown) => thrown);
      hold.resolve('late');
      expect(error).toBeInstanceOf(BusSilence);
      expect(error).toMatchObject({ reason: 'timeout' });
    });

    test('a responder that fails has not answered', async () => {
      await bus.respond('ask.deals-svc.broken', () => Promise.reject(new Error('secret')));
      const error = await bus.ask('ask.deals-svc.broken', '', { timeoutMs: 200 }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BusSilence);
      expect(String(error)).not.toContain('secret');
    });

    test('two responders of one subject share its questions, and one goes on when the other stops', async () => {
      const one = await bus.respond('ask.deals-svc.who', async () => 'one');
      await bus.respond('ask.deals-svc.who', async () => 'two');
      const answers = new Set<string>();
      await Promise.all(
        Array.from({ length: 40 }, async () =>
          answers.add(await bus.ask('ask.deals-svc.who', '', { timeoutMs: 2_000 })),
        ),
      );
      expect(answers).toEqual(new Set(['one', 'two']));
      await one.stop();
      expect(await bus.ask('ask.deals-svc.who', '', { timeoutMs: 2_000 })).toBe('two');
    });

    test('stopping a responder waits for the answers in hand', async () => {
      const heard = Promise.withResolvers<void>();
      const hold = Promise.withResolvers<void>();
      const order: string[] = [];
      const responder = await bus.respond('ask.deals-svc.stopping', async () => {
        heard.resolve();
        await hold.promise;
        order.push('answered');
        return 'yes';
      });
      const answer = bus.ask('ask.deals-svc.stopping', '', { timeoutMs: 5_000 });
      await heard.promise;
      const stopped = responder.stop().then(() => order.push('stopped'));
      // One that does not wait is given the time to be done.
      await new Promise((resolve) => setTimeout(resolve, 20));
      hold.resolve();
      expect(await answer).toBe('yes');
      await stopped;
      expect(order).toEqual(['answered', 'stopped']);
      const error = await bus
        .ask('ask.deals-svc.stopping', '', { timeoutMs: 2_000 })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ reason: 'no-responder' });
    });

    test('many questions at once all get their own answers', async () => {
      await bus.respond('ask.deals-svc.many', async (body) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return `heard ${body}`;
      });
      const questions = Array.from({ length: 200 }, (_, index) => String(index));
      const answers = await Promise.all(
        questions.map((body) => bus.ask('ask.deals-svc.many', body, { timeoutMs: 5_000 })),
      );
      expect(answers).toEqual(questions.map((body) => `heard ${body}`));
    });

    test('a closed bus says so, publishes nothing, asks nobody, and may be closed again', async () => {
      expect(bus.connected()).toBe(true);
      await bus.respond('ask.deals-svc.echo', async (body) => body);
      await bus.close();
      expect(bus.connected()).toBe(false);
      await expect(bus.publish(message())).rejects.toThrow();
      const error = await bus.ask('ask.deals-svc.echo', '', { timeoutMs: 2_000 }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ reason: 'no-responder' });
      await bus.close();
    });
  });
}
