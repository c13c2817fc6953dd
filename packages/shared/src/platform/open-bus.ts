import type { Bus } from './bus.ts';
import { createNatsBus } from './bus-nats.ts';
import type { Logger } from './logger.ts';
import type { BusTls } from './nats-dial.ts';
import { openLink, within } from './nats-link.ts';
import type { StreamSettings } from './nats-streams.ts';
import { parseNatsUrl } from './nats-url.ts';

export type OpenBusOptions = {
  /** `nats://user:password@host:4222[,host…]` or `tls://…`. */
  url: string;
  /** Who we are: the service, or `gateway`. Also the prefix of our inbox, which the credentials are limited to. */
  name: string;
  log: Logger;
  tls?: BusTls | undefined;
  streams?: Partial<StreamSettings> | undefined;
  /** After how long without a sign of life the deliveries of a process go to another. Default 10 s. */
  ackWaitMs?: number;
  /** How long a delivery may go without ack, nak, term or working before it counts as failed. Default 30 s. */
  patienceMs?: number;
};

/** How long the opening waits for a server that neither takes nor refuses us. */
const firstLookMs = 2_000;

/**
 * Opens the bus on NATS. Resolves also when no server is there, after two seconds at most: the bus goes on connecting for
 * ever, and until it has, `connected()` is false, publishing rejects and questions find silence. Rejects only for a URL
 * that cannot be meant.
 */
export async function openBus(options: OpenBusOptions): Promise<Bus> {
  const { name, log, tls } = options;
  const link = openLink({ servers: parseNatsUrl(options.url), name, log, tls });
  const bus = createNatsBus({ ...options, link });
  await within(firstLookMs, link.tried);
  return bus;
}
