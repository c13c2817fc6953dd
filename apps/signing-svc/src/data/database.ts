import { type Database, openDatabase } from '@uw-wizard/shared/platform/database';
import type { OnEdge } from '@uw-wizard/shared/platform/edges';
import { type Prisma, PrismaClient } from './generated/client.ts';

/** One transaction of this service's own database. */
export type Tx = Prisma.TransactionClient;

/** Opens the service's database behind `url`. */
export function openSigningDatabase(options: {
  url: string;
  workerUrl?: string;
  maxConnections?: number | undefined;
  onEdge?: OnEdge | undefined;
}): Database<Tx> {
  return openDatabase<Tx>({
    url: options.url,
    workerUrl: options.workerUrl,
    maxConnections: options.maxConnections,
    client: (adapter) => new PrismaClient({ adapter }),
    name: 'signing-svc',
    ...(options.onEdge === undefined ? {} : { onEdge: options.onEdge }),
  });
}
