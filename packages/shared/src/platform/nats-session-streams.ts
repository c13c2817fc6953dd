import {
  type ConsumerInfo,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import type { Publisher } from '../contracts/event.ts';
import type { Logger } from './logger.ts';
import type { NatsSession } from './nats-link.ts';
import { defaultStreamSettings, ensureDurable, ensureStream, type StreamSettings } from './nats-streams.ts';

/** What is known of the server's streams, for as long as a connection lasts. */
export type SessionStreams = {
  client(session: NatsSession): JetStreamClient;
  /** Makes the stream unless it was seen on this connection. */
  ensure(session: NatsSession, publisher: Publisher): Promise<void>;
  ensureDurable(session: NatsSession, publisher: Publisher, durable: string): Promise<ConsumerInfo>;
  /** What `ensure` said before is not true any more, `seen` is what it returned: look again. */
  forget(session: NatsSession, publisher: Publisher, seen: Promise<void>): void;
};

type Known = {
  readonly client: JetStreamClient;
  readonly manager: Promise<JetStreamManager>;
  readonly streams: Map<Publisher, Promise<void>>;
};

/** Looks after streams and durables on behalf of `name`, who alone may change the stream of that name. */
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
    ensure(session, publisher) {
      const { manager, streams: seen } = at(session);
      const before = seen.get(publisher);
      if (before !== undefined) return before;
      const ensured = (async () => {
        const mayUpdate = publisher === options.name;
        await ensureStream(await manager, publisher, { settings, mayUpdate, log: options.log });
      })();
      seen.set(publisher, ensured);
      ensured.catch(() => seen.delete(publisher));
      return ensured;
    },
    async ensureDurable(session, publisher, durable) {
      const seen = streams.ensure(session, publisher);
      await seen;
      try {
        return await ensureDurable(await at(session).manager, publisher, durable, options.ackWaitMs);
      } catch (error) {
        streams.forget(session, publisher, seen);
        throw error;
      }
    },
    forget(session, publisher, seen) {
      const { streams: known } = at(session);
      // Of many who notice at once, the first makes all others look at what it has found.
      if (known.get(publisher) === seen) known.delete(publisher);
    },
  };
  return streams;
}
