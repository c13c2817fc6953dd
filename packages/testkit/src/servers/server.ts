/** A server that was started for tests, on a free port, with data of its own. */
export type Server = {
  readonly host: string;
  readonly port: number;
  /** Ends it at once, as a crash would; its data stay. */
  kill(): Promise<void>;
  /** Lets it end in order; its data stay. */
  shutDown(): Promise<void>;
  /** Starts it again on its port and its data; one that still runs is shut down first. Waits until it answers. */
  restart(): Promise<void>;
  /** Freezes it: connections stay open and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it for good and deletes its data. */
  stop(): Promise<void>;
};
