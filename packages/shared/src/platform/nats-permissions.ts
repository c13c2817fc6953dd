import type { AskContract } from '../contracts/asks.ts';
import { eventCatalogue } from '../contracts/catalogue.ts';
import type { Publisher } from '../contracts/event.ts';
import { type BusUser, neighbours } from '../contracts/neighbours.ts';
import { durableName } from './bus.ts';
import { inboxPrefix } from './nats-link.ts';
import { streamName } from './nats-streams.ts';

/** The subjects one user of the bus may publish and subscribe to; everything else is refused by the server. */
export type NatsPermissions = { readonly publish: readonly string[]; readonly subscribe: readonly string[] };

/**
 * What `user` may do, derived from the contracts: publish its own events and look after its own stream; read, through its
 * own durable, the streams it follows; ask what it asks; hear the questions that it answers, and what is sent to its own
 * inbox. Answers are not in the list: the server lets each user answer once whatever question reached it.
 */
export function natsPermissions(user: BusUser): NatsPermissions {
  const { follows, asks }: { follows: readonly Publisher[]; asks: readonly AskContract[] } = neighbours[user];
  const events = [...eventCatalogue.values()].filter(({ publisher }) => publisher === user);
  return {
    publish: [
      ...events.map(({ type }) => type),
      ...events.slice(0, 1).flatMap(({ publisher }) => ownStream(publisher)),
      ...follows.flatMap((publisher) => followed(streamName(publisher), durableName(user, publisher))),
      ...asks.map(({ owner, name }) => `ask.${owner}.${name}`),
    ],
    subscribe: [`${inboxPrefix(user)}.>`, ...(user === 'gateway' ? [] : [`ask.${user}.>`])],
  };
}

function ownStream(publisher: Publisher): string[] {
  return ['INFO', 'CREATE', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.${streamName(publisher)}`);
}

function followed(stream: string, durable: string): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    ...['INFO', 'CREATE', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`),
    `$JS.ACK.${stream}.${durable}.>`,
    // As servers with domains write it: with the domain and the account before the stream.
    `$JS.ACK.*.*.${stream}.${durable}.>`,
  ];
}
