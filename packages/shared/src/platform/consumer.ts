import type { DataOf, EventContract, EventOf, Publisher } from '../contracts/event.ts';
import type { Stream } from '../contracts/streams.ts';
import type { SqlTx } from './database.ts';

/**
 * What a service does when one kind of foreign fact arrives: effects in `tx` only, which the inbox commits, or undoes where the
 * event has come before or too early.
 */
export type Handler<Tx extends SqlTx> = {
  readonly contract: EventContract;
  /** Looks at the event alone. One of which it says no is passed over in its turn, as kinds without a handler are. */
  concerns(event: EventOf<EventContract>): boolean;
  handle(tx: Tx, event: EventOf<EventContract>): Promise<void>;
};

/** Declares a handler of those events that `concerns` says yes to, all when it is absent; `event.data` has the contract's type. */
export function on<Tx extends SqlTx, C extends EventContract>(
  contract: C,
  handle: (tx: Tx, event: EventOf<C>) => Promise<void>,
  concerns: (event: EventOf<C>) => boolean = () => true,
): Handler<Tx> {
  // The consumer parses data with the contract before it calls, so the event is an EventOf<C>.
  const own = (event: EventOf<EventContract>) => event as EventOf<C> & { data: DataOf<C> };
  return { contract, concerns: (event) => concerns(own(event)), handle: (tx, event) => handle(tx, own(event)) };
}

/**
 * All that a service follows of one publisher; kinds without a handler, and events that do not concern theirs, are passed over in
 * order. `stream` is one that holds some of its events apart; without it, the publisher's own.
 */
export type Following<Tx extends SqlTx> = {
  readonly publisher: Publisher;
  readonly stream?: Stream;
  readonly handlers: readonly Handler<Tx>[];
};

/** What a person should hear about a message that was given up. */
export type GivenUp = {
  tenantId: string;
  subject: string;
  dealId?: string;
  type: string;
  eventId: string;
  reason: string;
};
