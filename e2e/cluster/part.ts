/** One process of a cluster: a replica of a service, a gateway, NATS, Redis or PostgreSQL. */
export type Part = {
  /** `deals-svc-1`, `gateway-2`, `nats`. */
  readonly name: string;
  /** Starts it and waits until it takes calls. */
  start(): Promise<void>;
  /** SIGKILL to it and all its processes. */
  kill(): Promise<void>;
  /** SIGTERM; throws when it takes longer than it may, or ends in disorder. */
  stop(): Promise<void>;
  /** SIGSTOP and SIGCONT: a process that hangs, holds its connections and says nothing. */
  pause(): void;
  resume(): void;
  /** What it wrote last, for whoever looks for the reason of something. */
  lastWords(): Promise<string>;
};
