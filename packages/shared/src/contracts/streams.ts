import { auditRecorded } from './audit.ts';
import { eventCatalogue } from './catalogue.ts';
import { type Publisher, publishers } from './event.ts';

/** The stream that every publisher adds to, and that auth-svc alone follows and looks after. */
export const auditStream = 'audit';

/** The streams of the bus: one of each publisher's own, and the audit events of all. */
export type Stream = Publisher | typeof auditStream;

/** Who keeps the stream's configuration up to date. */
export function keeperOf(stream: Stream): Publisher {
  return stream === auditStream ? 'auth-svc' : stream;
}

/** The streams that `name` makes when it connects. */
export function streamsOf(name: string): Stream[] {
  const own = publishers.find((publisher) => publisher === name);
  return own === undefined ? [] : [own, ...(keeperOf(auditStream) === own ? ([auditStream] as const) : [])];
}

/** The stream in which `publisher` publishes events of `type`. */
export function streamOf(publisher: Publisher, type: string): Stream {
  return type === auditRecorded ? auditStream : publisher;
}

const types = new Map<Stream, readonly string[]>([
  [auditStream, [auditRecorded]],
  ...publishers.map((name): [Stream, string[]] => {
    const own = [...eventCatalogue.values()].filter(({ publisher }) => publisher === name);
    return [name, own.map(({ type }) => type)];
  }),
]);

/** The types of the events that a stream holds. */
export function typesIn(stream: Stream): readonly string[] {
  return types.get(stream) ?? [];
}
