import { errors, type NatsConnection, type Status } from '@nats-io/transport-node';
import type { Logger } from './logger.ts';
import { type BusTls, dial } from './nats-dial.ts';
import type { NatsServers } from './nats-url.ts';
import { backoffMs } from './try-until.ts';
import { pause } from './worker.ts';

/** One connection, from the moment it stands until it is lost. */
export type NatsSession = {
  readonly connection: NatsConnection;
  /** Aborted when the connection is lost or given up. */
  readonly lost: AbortSignal;
};

/** A connection that is made again whenever it is lost, for ever. */
export type NatsLink = {
  /** Undefined while there is no connection. */
  current(): NatsSession | undefined;
  /** Calls `begin` with the present connection and with each one to come. The returned function ends that. */
  onOpen(begin: (session: NatsSession) => void): () => void;
  /** Waits for a connection; undefined when `signal` is aborted, or the link closed, first. */
  opened(signal: AbortSignal): Promise<NatsSession | undefined>;
  /** Resolves once there was a connection, or every server was tried in vain. */
  readonly tried: Promise<void>;
  /** Sends what is under way, at most `drainMs`, and connects no more. */
  close(): Promise<void>;
};

type LinkOptions = { servers: NatsServers; name: string; log: Logger; tls?: BusTls | undefined };

const firstDelayMs = 100;
const maxDelayMs = 3_000;
const drainMs = 2_000;
/** A connection that falls at once does not count as a success: else a server that throws us out would be stormed. */
const settledMs = 1_000;

/**
 * Connects to one of the servers after another until one takes us, and again whenever the connection is lost; the delay
 * grows to 3 s. The client could reconnect by itself, but then questions in flight wait out their deadlines, each failed
 * dial leaks (nats.js#433), and a server that comes back without its streams looks like one that was never away. With a
 * connection made anew everything that hangs on it is set up again, in the one way in which it was set up at first.
 */
export function openLink({ servers, name, log, tls }: LinkOptions): NatsLink {
  const closing = new AbortController();
  const listeners = new Set<(session: NatsSession) => void>();
  const tried = Promise.withResolvers<void>();
  let current: NatsSession | undefined;

  /** On a connection that has just been lost nothing can begin; it will on the next. */
  const start = (begin: (session: NatsSession) => void, session: NatsSession) => {
    try {
      begin(session);
    } catch (error) {
      log.debug({ err: error }, 'the connection was lost while it was taken into use');
    }
  };

  const hold = async (connection: NatsConnection): Promise<void> => {
    const lost = new AbortController();
    const session = { connection, lost: lost.signal };
    const server = connection.getServer();
    const lose = () => {
      if (current === session) current = undefined;
      lost.abort();
    };
    current = session;
    tried.resolve();
    log.info({ server }, 'bus connected');
    try {
      for (const begin of listeners) start(begin, session);
      for await (const status of connection.status()) {
        if (status.type === 'disconnect' || status.type === 'close') lose();
        tellOf(status, log);
      }
      await connection.closed();
    } finally {
      lose();
    }
    if (!closing.signal.aborted) log.warn({ server }, 'bus connection lost, will connect again');
  };

  const run = async () => {
    for (let failures = 0, turn = 0; !closing.signal.aborted; turn += 1) {
      const began = Date.now();
      try {
        const connection = await dial(servers, turn, { name, tls });
        if (closing.signal.aborted) await connection.close();
        else await hold(connection);
        if (Date.now() - began > settledMs) failures = 0;
      } catch (error) {
        // One line when it begins, then ever fewer: an outage of a day is not a day of lines.
        const level = Number.isInteger(Math.log2(failures + 1)) ? 'warn' : 'debug';
        log[level]({ err: error, failures: failures + 1 }, explain(error, servers));
      }
      failures += 1;
      if (turn + 1 >= servers.hosts.length) tried.resolve();
      await pause(backoffMs(failures, firstDelayMs, maxDelayMs), closing.signal);
    }
  };
  const ended = run();

  return {
    current: () => current,
    tried: tried.promise,
    onOpen(begin) {
      listeners.add(begin);
      if (current !== undefined) start(begin, current);
      return () => listeners.delete(begin);
    },
    opened(signal) {
      const either = AbortSignal.any([signal, closing.signal]);
      return new Promise((resolve) => {
        const end = (session?: NatsSession) => {
          listeners.delete(end);
          either.removeEventListener('abort', giveUp);
          resolve(session);
        };
        const giveUp = () => end();
        if (current !== undefined || either.aborted) return end(either.aborted ? undefined : current);
        listeners.add(end);
        either.addEventListener('abort', giveUp);
      });
    },
    async close() {
      closing.abort();
      const session = current;
      current = undefined;
      if (session === undefined) return;
      await whileItLasts(session, session.connection.drain());
      await session.connection.close();
      await ended;
    },
  };
}

/** Waits for `work`, but no longer than `limitMs` or until `enough`, and not for whether it succeeds. */
export async function within(limitMs: number, work: Promise<unknown>, enough?: AbortSignal): Promise<void> {
  const done = new AbortController();
  const settled = work.catch(() => undefined).then(() => done.abort());
  const signals = enough === undefined ? [done.signal] : [done.signal, enough];
  await Promise.race([settled, pause(limitMs, AbortSignal.any(signals))]);
}

/** Waits until `work` of the connection is done: not long, and not on a connection that is lost, where it never would be. */
export function whileItLasts(session: NatsSession, work: Promise<unknown>): Promise<void> {
  return within(drainMs, work, session.lost);
}

function tellOf(status: Status, log: Logger): void {
  if (status.type === 'error') {
    // A follower that comes before its publisher tries to make the stream, and is told that it may not.
    const level = /\$JS\.API\.STREAM\.CREATE\./.test(status.error.message) ? 'debug' : 'warn';
    log[level]({ err: status.error }, 'the bus refuses something');
  }
  if (status.type === 'staleConnection') log.warn('the bus does not answer pings');
}

function explain(error: unknown, servers: NatsServers): string {
  const where = servers.hosts.map(({ host, port }) => `${host}:${port}`).join(', ');
  if (error instanceof errors.AuthorizationError) {
    return `the bus at ${where} does not take our user and password, will try again`;
  }
  return `the bus at ${where} cannot be reached, will try again`;
}
