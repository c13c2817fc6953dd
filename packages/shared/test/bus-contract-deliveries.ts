import { eventually } from '@uw-wizard/testkit/eventually';
import { expect, test } from 'vitest';
import { type BusWorld, message, patienceMs } from './bus-world.ts';

/** What a handler can say about a delivery, and what becomes of it. */
export function deliveriesContract(world: BusWorld): void {
  test('what is not acknowledged comes again to that durable alone, as a later attempt, no sooner than asked', async () => {
    const failing: { attempt: number; at: number }[] = [];
    const other: number[] = [];
    await world.take('failing', async (delivery) => {
      failing.push({ attempt: delivery.attempt, at: Date.now() });
      await (delivery.attempt < 3 ? delivery.nak(50) : delivery.ack());
    });
    await world.take('other', async (delivery) => {
      other.push(delivery.attempt);
      await delivery.ack();
    });
    await world.bus().publish(message());
    await eventually(() => expect(failing.map(({ attempt }) => attempt)).toEqual([1, 2, 3]));
    const [first, second, third] = failing.map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(45);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(45);
    expect(other).toEqual([1]);
  });

  test('a handler that throws, or returns without a word, gets the event again', async () => {
    const attempts: number[] = [];
    await world.take('careless', async (delivery) => {
      attempts.push(delivery.attempt);
      if (delivery.attempt === 1) throw new Error('not today');
      if (delivery.attempt === 3) await delivery.ack();
    });
    await world.bus().publish(message());
    await eventually(() => expect(attempts).toEqual([1, 2, 3]));
  });

  test('a handler that says it is at work keeps its delivery, however long it takes', async () => {
    const attempts: number[] = [];
    let done = false;
    await world.take('diligent', async (delivery) => {
      attempts.push(delivery.attempt);
      const until = Date.now() + 3 * patienceMs;
      while (attempts.length === 1 && Date.now() < until) {
        await delivery.working();
        await new Promise((resolve) => setTimeout(resolve, patienceMs / 8));
      }
      await delivery.ack();
      done = true;
    });
    await world.bus().publish(message());
    await eventually(() => expect(done).toBe(true));
    // The next event shows that the first one is over.
    await world.bus().publish(message());
    await eventually(() => expect(attempts).toHaveLength(2));
    expect(attempts).toEqual([1, 1]);
  });

  test('a handler that gives no sign has failed: its event comes again, and it holds up nothing', async () => {
    const seen: string[] = [];
    const hold = Promise.withResolvers<void>();
    await world.take(
      'stuck',
      async (delivery) => {
        seen.push(`${delivery.body} ${delivery.attempt}`);
        if (delivery.body === 'stuck' && delivery.attempt === 1) await hold.promise;
        await delivery.ack();
      },
      1,
    );
    const published = [world.bus().publish(message('stuck')), world.bus().publish(message('next'))];
    await eventually(() => expect(seen.toSorted()).toEqual(['next 1', 'stuck 1', 'stuck 2']));
    // What it says when it wakes up does not count any more.
    hold.resolve();
    await Promise.all(published);
  });

  test('the first word about a delivery counts, and no other', async () => {
    const seen: string[] = [];
    await world.take('wavering', async (delivery) => {
      seen.push(`${delivery.body} ${delivery.attempt}`);
      await delivery.ack();
      await delivery.nak(1);
      await delivery.term();
    });
    await world.bus().publish(message('one'));
    await world.bus().publish(message('two'));
    await eventually(() => expect(seen).toEqual(['one 1', 'two 1']));
  });

  test('an event that waits to be tried again lets those behind it pass', async () => {
    const seen: string[] = [];
    await world.take(
      'early',
      async (delivery) => {
        seen.push(`${delivery.body} ${delivery.attempt}`);
        const early = delivery.body === 'second' && !seen.includes('first 1');
        await (early ? delivery.nak(20) : delivery.ack());
      },
      1,
    );
    const second = world.bus().publish(message('second'));
    await eventually(() => expect(seen).toContain('second 1'));
    await Promise.all([second, world.bus().publish(message('first'))]);
    await eventually(() =>
      expect(seen.slice(seen.indexOf('first 1')).some((entry) => /^second/.test(entry))).toBe(true),
    );
  });

  test('however many events wait to be tried again, the next one is delivered', async () => {
    let waiting = 0;
    const seen: string[] = [];
    await world.take(
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
    for (const event of early)
      world
        .bus()
        .publish(event)
        .catch(() => undefined);
    await eventually(() => expect(waiting).toBe(early.length), { timeoutMs: 20_000 });
    await world.bus().publish(message('next'));
    await eventually(() => expect(seen).toEqual(['next']));
  });

  test('a terminated delivery does not come again', async () => {
    const seen: string[] = [];
    await world.take('strict', async (delivery) => {
      seen.push(delivery.body);
      await (delivery.body === 'bad' ? delivery.term() : delivery.ack());
    });
    await world.bus().publish(message('bad'));
    await world.bus().publish(message('good'));
    await eventually(() => expect(seen).toEqual(['bad', 'good']));
  });
}
