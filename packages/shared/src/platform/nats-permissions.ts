import { type Publisher, publishers } from '../contracts/event.ts';
import { type BusUser, type Neighbours, neighbours } from '../contracts/neighbours.ts';
import { auditStream, keeperOf, type Stream, streamsOf, typesIn } from '../contracts/streams.ts';
import { durableName } from './bus.ts';
import { answersOf, answersTo } from './nats-asker.ts';
import { inboxPrefix } from './nats-dial.ts';
import { streamName } from './nats-streams.ts';

/** The subjects one user of the bus may publish and subscribe to; everything else is refused by the server. */
export type NatsPermissions = { readonly publish: readonly string[]; readonly subscribe: readonly string[] };

/**
 * What `user` may do, derived from the contracts: publish its own events and look after its own stream; read, through its
 * own durable, the streams it follows; hear what passes that it hears; ask what it asks and hear the answers; hear what it
 * is asked and answer that.
 */
export function natsPermissions(user: BusUser): NatsPermissions {
  const { follows, hears, asks }: Neighbours = neighbours[user];
  const own = publishers.find((publisher) => publisher === user);
  return {
    publish: [
      ...(own === undefined
        ? []
        : [...ownEvents(own), ...streamsOf(own).flatMap(kept), ...added(own), `${answersOf(own)}.>`]),
      ...follows.flatMap((stream) => followed(streamName(stream), durableName(user, stream))),
      ...asks.map(({ owner, name }) => `ask.${owner}.${name}`),
    ],
    subscribe: [
      `${inboxPrefix(user)}.>`,
      ...(asks.length === 0 ? [] : [`${answersTo(user)}.>`]),
      ...(own === undefined ? [] : [`ask.${own}.>`]),
      ...hears.map(({ type }) => type),
    ],
  };
}

function ownEvents(publisher: Publisher): string[] {
  return [...new Set([...streamsOf(publisher), auditStream] as const)].flatMap(typesIn);
}

function kept(stream: Stream): string[] {
  return ['INFO', 'CREATE', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.${streamName(stream)}`);
}

/** To publish to a stream that somebody else keeps one looks whether it is there. */
function added(publisher: Publisher): string[] {
  return keeperOf(auditStream) === publisher ? [] : [`$JS.API.STREAM.INFO.${streamName(auditStream)}`];
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
