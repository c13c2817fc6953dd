import {
  AckPolicy,
  type ConsumerInfo,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { errors, nanos, RequestError } from '@nats-io/transport-node';
import { keeperOf, type Stream, typesIn } from '../contracts/streams.ts';
import type { Logger } from './logger.ts';

/** What operators may want otherwise than we do. */
export type StreamSettings = {
  /** How much one stream may keep. Full: publishing rejects, and the outbox keeps the events. */
  maxBytes: number;
  /** Servers of a cluster that keep each stream. */
  replicas: number;
};

export const defaultStreamSettings: StreamSettings = { maxBytes: 512 * 1024 * 1024, replicas: 1 };

const dayMs = 86_400_000;
const keptDays = 7;
/** Longer than a relay waits before it publishes an event again whose acknowledgement was lost. */
const dedupeMs = 5 * 60_000;

/** `deals-svc` publishes to the stream `DEALS_SVC`. */
export function streamName(stream: Stream): string {
  return stream.toUpperCase().replaceAll('-', '_');
}

/** What a stream holds: every event of its types, for seven days, and nothing given up to make room. */
export function streamConfig(stream: Stream, settings: StreamSettings) {
  return {
    name: streamName(stream),
    subjects: [...typesIn(stream)],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_age: nanos(keptDays * dayMs),
    max_bytes: settings.maxBytes,
    num_replicas: settings.replicas,
    duplicate_window: nanos(dedupeMs),
  } satisfies Partial<StreamConfig>;
}

/**
 * Makes the stream if it is not there. With `mayUpdate` (only its keeper says so) brings what is there to
 * the configuration: subjects are added and never taken away, since a replica of an older release may be running beside.
 */
export async function ensureStream(
  manager: JetStreamManager,
  stream: Stream,
  options: { settings: StreamSettings; mayUpdate: boolean; log: Logger },
): Promise<void> {
  const wanted = streamConfig(stream, options.settings);
  const found = await findStream(manager, wanted.name);
  if (found === null) {
    await manager.streams.add(wanted).catch(async (error: unknown) => {
      // Another replica may have been first, perhaps one of another release.
      if ((await findStream(manager, wanted.name)) === null) throw explainStream(error, stream);
    });
    return;
  }
  if (!options.mayUpdate) return;
  const subjects = [...new Set([...found.subjects, ...wanted.subjects])];
  const changes = differences({ ...wanted, subjects }, found);
  if (Object.keys(changes).length === 0) return;
  options.log.info({ stream: wanted.name, changes: Object.keys(changes) }, 'bringing the stream up to date');
  await manager.streams.update(wanted.name, changes);
}

/**
 * Makes the durable, or brings it up to date; never deletes. It gives every event of the stream, from the first that is
 * kept. Tries are counted by the inbox, which knows a dead letter from an event that merely waits, so the server never
 * gives up by itself. Nor does it hold back events while others wait to be tried again: what they wait for may be behind.
 */
export async function ensureDurable(
  manager: JetStreamManager,
  stream: Stream,
  durable: string,
  ackWaitMs: number,
): Promise<ConsumerInfo> {
  const name = streamName(stream);
  const wanted = { ack_wait: nanos(ackWaitMs), max_deliver: -1, max_ack_pending: -1 };
  const found = await manager.consumers.info(name, durable).catch((error: unknown) => {
    if (isAnswer(error, JetStreamApiCodes.ConsumerNotFound)) return null;
    throw error;
  });
  if (found === null) {
    return manager.consumers.add(name, { durable_name: durable, ack_policy: AckPolicy.Explicit, ...wanted });
  }
  const changes = differences(wanted, found.config);
  return Object.keys(changes).length === 0 ? found : manager.consumers.update(name, durable, changes);
}

async function findStream(manager: JetStreamManager, name: string): Promise<StreamConfig | null> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (isAnswer(error, JetStreamApiCodes.StreamNotFound)) return null;
    if (isUnheard(error) || isAnswer(cause(error), JetStreamApiCodes.JetStreamNotEnabledForAccount)) {
      throw new Error('the NATS server has no JetStream for us: its configuration lacks jetstream {}', {
        cause: error,
      });
    }
    throw error;
  }
}

function explainStream(error: unknown, stream: Stream): Error {
  if (isRefused(error)) {
    return new Error(`the stream of ${stream} is not there yet: ${keeperOf(stream)} makes it when it connects`, {
      cause: error,
    });
  }
  return new Error(`the stream of ${stream} could not be made`, { cause: error });
}

function isAnswer(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}

/** Whether nothing on the server listens to what was said: no JetStream at all or, to an event, no stream for it. */
export function isUnheard(error: unknown): boolean {
  const request = error instanceof RequestError ? error : cause(error);
  return request instanceof RequestError && request.isNoResponders();
}

function cause(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** Whether the server did not let our user do it. */
export function isRefused(error: unknown): boolean {
  return error instanceof RequestError && error.cause instanceof errors.PermissionViolationError;
}

/** The members of `wanted` that `found` has not, or has otherwise. */
function differences<T extends object>(wanted: T, found: Partial<Record<keyof T, unknown>>): Partial<T> {
  const changes: Partial<T> = { ...wanted };
  for (const key in wanted) {
    if (JSON.stringify(wanted[key]) === JSON.stringify(found[key])) delete changes[key];
  }
  return changes;
}
