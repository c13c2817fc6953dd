import type { Stream } from '@uw-wizard/shared/contracts/streams';
import type { Bus, Delivery } from '@uw-wizard/shared/platform/bus';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { openBus } from '@uw-wizard/shared/platform/open-bus';
import { eventually } from './eventually.ts';
import { createTestNats } from './nats.ts';

/** A bus that a test can ask how far things are. */
export type TestBus = Bus & {
  /**
   * Waits until every durable that was subscribed here to `stream` has ended its delivery of a message: acknowledged it,
   * or said never again. One that says "not now" is waited for.
   */
  delivered(stream: Stream, id: string): Promise<void>;
};

/**
 * A bus on a real NATS where nobody but this test is. `name` is who stands at it first of all: the service under test.
 * Whom the test plays beside it may share the connection. `close` ends it and deletes what is on it.
 */
export async function openTestBus(name: string, log: Logger): Promise<TestBus> {
  const nats = await createTestNats();
  const bus = await openBus({ url: nats.url, name, log });
  const durables = new Map<string, { stream: Stream; ended: Set<string> }>();

  return {
    ...bus,
    async subscribe(options, handle) {
      const durable = durables.get(options.durable) ?? { stream: options.stream, ended: new Set<string>() };
      durables.set(options.durable, durable);
      return bus.subscribe(options, (delivery) => handle(noting(delivery, durable.ended)));
    },
    delivered: (stream, id) =>
      eventually(
        () => {
          for (const [name, durable] of durables) {
            if (durable.stream === stream && !durable.ended.has(id)) throw new Error(`${name} has not ended ${id}`);
          }
        },
        { timeoutMs: 20_000 },
      ),
    async close() {
      await bus.close();
      await nats.drop();
    },
  };
}

/** The same delivery, whose end is noted. */
function noting(delivery: Delivery, ended: Set<string>): Delivery {
  return {
    ...delivery,
    async ack() {
      await delivery.ack();
      ended.add(delivery.id);
    },
    async term() {
      await delivery.term();
      ended.add(delivery.id);
    },
  };
}
