import {
  type ConsumerInfo,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { keeperOf, type Stream } from '../contracts/streams.ts';
import type { Logger } from './logger.ts';
import type { NatsSession } from './nats-link.ts';
import { defaultStreamSettings, ensureDurable, ensureStream, type StreamSettings } from './nats-streams.ts';

/** What is known of the server's streams, for as long as a connection lasts. */
export type SessionStreams = {
  client(session: NatsSession): JetStreamClient;
  /** Makes the stream unless it was seen on this connection. */
  ensure(session: NatsSession, stream: Stream): Promise<void>;
  ensureDurable(session: NatsSession, stream: Stream, durable: string): Promise<ConsumerInfo>;
  /** What `ensure` said before is not true any more, `seen` is what it returned: look again. */
  forget(session: NatsSession, stream: Stream, seen: Promise<void>): void;
};

type Known = {
  readonly client: JetStreamClient;
  readonly manager: Promise<JetStreamManager>;
  readonly streams: Map<Stream, Promise<void>>;
};

/** Looks after streams and durables on behalf of `name`, who alone may change the streams it keeps. */
export function createSessionStreams(options: {
  name: string;
  log: Logger;
  settings: Partial<StreamSettings>;
  ackWaitMs: number;
}): SessionStreams {
  const settings = { ...defaultStreamSettings, ...options.settings };
  const sessions = new WeakMap<NatsSession, Known>();

  const at = (session: NatsSession): Known => {
    const found = sessions.get(session);
    if (found !== undefined) return found;
    const { connection } = session;
    // The check would be one more call that every user must be allowed.
    const manager = jetstreamManager(connection, { checkAPI: false });
    const fresh: Known = { client: jetstream(connection), manager, streams: new Map() };
    sessions.set(session, fresh);
    return fresh;
  };

  const streams: SessionStreams = {
    client: (session) => at(session).client,
    ensure(session, stream) {
      const { manager, streams: seen } = at(session);
      const before = seen.get(stream);
      if (before !== undefined) return before;
      const ensured = (async () => {
        const mayUpdate = keeperOf(stream) === options.name;
        await ensureStream(await manager, stream, { settings, mayUpdate, log: options.log });
      })();
      seen.set(stream, ensured);
      ensured.catch(() => seen.delete(stream));
      return ensured;
    },
    async ensureDurable(session, stream, durable) {
      const seen = streams.ensure(session, stream);
      await seen;
      try {
        return await ensureDurable(await at(session).manager, stream, durable, options.ackWaitMs);
      } catch (error) {
        streams.forget(session, stream, seen);
        throw error;
      }
    },
    forget(session, stream, seen) {
      const { streams: known } = at(session);
      // Of many who notice at once, the first makes all others look at what it has found.
      if (known.get(stream) === seen) known.delete(stream);
    },
  };
  return streams;
}
