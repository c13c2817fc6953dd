import { Agent as HttpAgent } from 'node:http';
import { pause } from '@uw-wizard/shared/platform/worker';
import { Pool } from 'undici';
import { askWhetherAlive, type Target } from './ask-whether-alive.ts';

/**
 * How a replica was last seen. `live`: calls go there. `doubted`: it broke off a call or is silent; calls go there only
 * while no live one is left. `away`: nobody listens there, or it has been silent for long; no calls.
 */
export type ReplicaState = 'live' | 'doubted' | 'away';

/** One process of a service, as seen from here. */
export type Replica = {
  readonly url: string;
  /** Connections for answers that are held whole. */
  readonly pool: Pool;
  /** Connections for answers that are passed through. */
  readonly target: Target;
  readonly streamAgent: HttpAgent;
  readonly state: () => ReplicaState;
  /** Calls that it has in hand. */
  readonly tries: Set<Waiting>;
  /** It answered a call. */
  answered(): void;
  /** It could not be reached. */
  refused(): void;
  /** It broke off a call that it had. */
  broke(): void;
  /** It has not answered a call for a while: asks whether it is alive. */
  readonly slow: () => void;
  close(): Promise<void>;
};

/** One call that waits for a replica's answer. `silent` is told each time the replica is found silent or gone meanwhile. */
export type Waiting = { silent(): void };

/** Services keep an idle connection for 75 s; ours give up earlier, so that none is used while it is being closed. */
const idleMs = 30_000;
const firstPauseMs = 100;
const longestPauseMs = 1_000;
/** A replica that is silent for longer is not waited for any more. */
const silenceMs = 10_000;

/**
 * Opens the way to the process at `url` (`http://host:port` or `unix:/path`); connections are made when first used. What
 * calls tell about it decides at once, and then it is asked for its health, on a connection of its own, until it is well:
 * no call is spent on finding out. `patienceMs` is how long it may take over that answer.
 */
export function openReplica(
  url: string,
  options: { patienceMs: number; changed: (before: ReplicaState) => void },
): Replica {
  const socketPath = url.startsWith('unix:') ? url.slice('unix:'.length) : undefined;
  const origin = new URL(socketPath === undefined ? url : 'http://localhost');
  const target: Target = {
    protocol: 'http:',
    host: origin.hostname,
    ...(origin.port === '' ? {} : { port: origin.port }),
    ...(socketPath === undefined ? {} : { socketPath }),
  };
  const pool = new Pool(origin, {
    connections: 64,
    pipelining: 1,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    // Each call has one deadline for everything; these would only end it with a less clear error.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 2_000, ...(socketPath === undefined ? {} : { socketPath }) },
  });
  const streamAgent = new HttpAgent({ keepAlive: true, timeout: idleMs });
  const tries = new Set<Waiting>();
  const closing = new AbortController();
  let state: ReplicaState = 'live';
  let asking = false;
  let silentSinceMs: number | null = null;

  const become = (next: ReplicaState) => {
    if (state === next) return;
    const before = state;
    state = next;
    options.changed(before);
  };
  const well = () => {
    silentSinceMs = null;
    become('live');
  };
  const askUntilWell = async () => {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const health = await askWhetherAlive(target, options.patienceMs, closing.signal);
      if (closing.signal.aborted) return;
      if (health === 'alive') return well();
      silentSinceMs = health === 'refused' ? null : (silentSinceMs ?? performance.now());
      const longSilent = silentSinceMs !== null && performance.now() - silentSinceMs > silenceMs;
      become(health === 'refused' || longSilent ? 'away' : 'doubted');
      for (const each of [...tries]) each.silent();
      await pause(pauseMs, closing.signal);
    }
  };
  const findOut = () => {
    if (asking || closing.signal.aborted) return;
    asking = true;
    void askUntilWell().finally(() => {
      asking = false;
    });
  };

  return {
    url,
    pool,
    target,
    streamAgent,
    tries,
    state: () => state,
    answered() {
      if (state !== 'live') well();
    },
    refused() {
      become('away');
      findOut();
    },
    broke() {
      if (state === 'live') become('doubted');
      findOut();
    },
    slow: findOut,
    async close() {
      closing.abort();
      streamAgent.destroy();
      await pool.close();
    },
  };
}
