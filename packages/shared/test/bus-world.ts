import type { Publisher } from '../src/contracts/event.ts';
import type { Bus, Delivery } from '../src/platform/bus.ts';
import type { Stoppable } from '../src/platform/worker.ts';

/** What the tests of the contract stand on: a driver that is new for each test. */
export type BusWorld = {
  bus(): Bus;
  /** Whether the driver keeps an event itself, or leaves that to the publisher's outbox. */
  stores(): boolean;
  take(durable: string, handle: (delivery: Delivery) => Promise<void>, concurrency?: number): Promise<Stoppable>;
};

export const stream: Publisher = 'deals-svc';

/** How long the driver under test lets a handler go without a sign. */
export const patienceMs = 400;

let count = 0;

export function message(body = '{}', subject = 'deal.started') {
  count += 1;
  return { stream, subject, id: `event-${process.pid}-${Date.now()}-${count}`, body };
}
