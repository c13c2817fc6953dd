import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bus } from '../src/platform/bus.ts';
import { deliveriesContract } from './bus-contract-deliveries.ts';
import { eventsContract } from './bus-contract-events.ts';
import { questionsContract } from './bus-contract-questions.ts';
import { type BusWorld, message, patienceMs, stream } from './bus-world.ts';

/** A driver under test: `stores` tells whether it keeps an event itself or leaves that to the publisher's outbox. */
export type BusUnderTest = { bus: Bus; stores: boolean; stop: () => Promise<void> };

/** What every driver of the bus guarantees, in the same words. `make` gives a bus nobody else uses. */
export function busContract(name: string, make: (options: { patienceMs: number }) => Promise<BusUnderTest>): void {
  describe(`the ${name} bus`, () => {
    let under: BusUnderTest;
    beforeEach(async () => {
      under = await make({ patienceMs });
    });
    afterEach(() => under.stop());
    const world: BusWorld = {
      bus: () => under.bus,
      stores: () => under.stores,
      take: (durable, handle, concurrency = 10) => under.bus.subscribe({ stream, durable, concurrency }, handle),
    };

    eventsContract(world);
    deliveriesContract(world);
    questionsContract(world);

    test('a closed bus says so, publishes nothing, asks nobody, and may be closed again', async () => {
      expect(world.bus().connected()).toBe(true);
      await world.bus().respond('ask.deals-svc.echo', async (body) => body);
      await world.bus().close();
      expect(world.bus().connected()).toBe(false);
      await expect(world.bus().publish(message())).rejects.toThrow();
      const error = await world
        .bus()
        .ask('ask.deals-svc.echo', '', { timeoutMs: 2_000 })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ reason: 'no-responder' });
      await world.bus().close();
    });
  });
}
