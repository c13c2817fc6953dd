import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import { openReplica, type Replica, type ReplicaState } from './replica.ts';
import type { UpstreamFailure } from './try-replicas.ts';

/** The ways to one service. */
export type Link = {
  readonly service: ServiceName;
  readonly replicas: readonly Replica[];
  /**
   * Where the next try goes: to the live replica with the fewest calls in hand, one that was not tried yet if there is
   * one; to a doubted one while none is live; null while all are away.
   */
  choose(tried: readonly Replica[]): Replica | null;
  /** Takes note of a try that failed. */
  failed(why: UpstreamFailure): void;
};

export type Links = {
  of(service: ServiceName): Link;
  /** How many replicas of each service are in which state. */
  states(): { service: ServiceName; state: ReplicaState; count: number }[];
  /** Waits for calls in hand, then closes the connections. */
  close(): Promise<void>;
};

export type LinkOptions = {
  /** How long a replica may take to say that it is alive. */
  readonly patienceMs: number;
  /** Told when a replica's state has changed. */
  readonly changed: (service: ServiceName, replica: Replica, before: ReplicaState) => void;
  /** Told of each try that failed, also when another one answered after it. */
  readonly failed: (service: ServiceName, why: UpstreamFailure) => void;
};

/** Opens the ways to all replicas; connections are made when first used. */
export function openLinks(services: Readonly<Record<ServiceName, readonly string[]>>, options: LinkOptions): Links {
  const names = Object.keys(services) as ServiceName[];
  const links = new Map(
    names.map((service) => {
      const replicas: Replica[] = services[service].map((url) => {
        const changed = (before: ReplicaState) => options.changed(service, replica, before);
        const replica: Replica = openReplica(url, { patienceMs: options.patienceMs, changed });
        return replica;
      });
      const failed = (why: UpstreamFailure) => options.failed(service, why);
      return [service, { service, replicas, choose: chooser(replicas), failed } satisfies Link];
    }),
  );
  const close = async () => {
    await Promise.all([...links.values()].flatMap(({ replicas }) => replicas.map((replica) => replica.close())));
  };
  let closed: Promise<void> | undefined;
  return {
    of(service) {
      const link = links.get(service);
      if (link === undefined) throw new Error(`the gateway was not told where ${service} is`);
      return link;
    },
    states: () =>
      [...links.values()].flatMap(({ service, replicas }) =>
        (['live', 'doubted', 'away'] as const).map((state) => ({
          service,
          state,
          count: replicas.filter((replica) => replica.state() === state).length,
        })),
      ),
    close() {
      closed ??= close();
      return closed;
    },
  };
}

function chooser(replicas: readonly Replica[]): Link['choose'] {
  let turn = 0;
  /** The lower the better: live before doubted, new before tried, idle before busy. */
  const rank = (replica: Replica, tried: readonly Replica[]) =>
    (tried.includes(replica) ? 2e6 : 0) + (replica.state() === 'live' ? 0 : 1e6) + replica.tries.size;
  return (tried) => {
    turn += 1;
    let best: Replica | null = null;
    for (let n = 0; n < replicas.length; n += 1) {
      // Of equals the one whose turn it is.
      const replica = replicas[(turn + n) % replicas.length];
      if (replica === undefined || replica.state() === 'away') continue;
      if (best === null || rank(replica, tried) < rank(best, tried)) best = replica;
    }
    return best;
  };
}
