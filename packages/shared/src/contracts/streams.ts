import { auditRecorded } from './audit.ts';
import { eventCatalogue } from './catalogue.ts';
import { erasureStream, merchantErased } from './erasure.ts';
import { type Publisher, publishers } from './event.ts';

/** The stream that every publisher adds to, and that auth-svc alone follows and looks after. */
export const auditStream = 'audit';

/** The streams of the bus: one of each publisher's own, the audit events of all, and erasures. */
export type Stream = Publisher | typeof auditStream | typeof erasureStream;

/** The streams that are no publisher's own: who keeps each, and which types it holds. */
const shared: Readonly<Record<Exclude<Stream, Publisher>, { keeper: Publisher; types: readonly string[] }>> = {
  [auditStream]: { keeper: 'auth-svc', types: [auditRecorded] },
  [erasureStream]: { keeper: merchantErased.publisher, types: [merchantErased.type] },
};
const sharedStreams = Object.keys(shared) as (keyof typeof shared)[];
const isShared = (stream: Stream): stream is keyof typeof shared => stream in shared;

/** Who keeps the stream's configuration up to date. */
export function keeperOf(stream: Stream): Publisher {
  return isShared(stream) ? shared[stream].keeper : stream;
}

/** The streams that `name` makes when it connects. */
export function streamsOf(name: string): Stream[] {
  const own = publishers.find((publisher) => publisher === name);
  return own === undefined ? [] : [own, ...sharedStreams.filter((stream) => keeperOf(stream) === own)];
}

/** The stream in which `publisher` publishes events of `type`. */
export function streamOf(publisher: Publisher, type: string): Stream {
  return sharedStreams.find((stream) => shared[stream].types.includes(type)) ?? publisher;
}

const types = new Map<Stream, readonly string[]>([
  ...sharedStreams.map((name): [Stream, readonly string[]] => [name, shared[name].types]),
  ...publishers.map((name): [Stream, string[]] => {
    const own = [...eventCatalogue.values()].filter(({ publisher, type }) => streamOf(publisher, type) === name);
    return [name, own.map(({ type }) => type)];
  }),
]);

/** The types of the events that a stream holds. */
export function typesIn(stream: Stream): readonly string[] {
  return types.get(stream) ?? [];
}
