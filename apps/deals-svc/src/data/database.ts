import { type AnswerSeals, type Database, openDatabase } from '@uw-wizard/shared/platform/database';
import type { OnEdge } from '@uw-wizard/shared/platform/edges';
import { type Prisma, PrismaClient } from './generated/client.ts';

/** One transaction of this service's own database. */
export type Tx = Prisma.TransactionClient;

/** Opens the service's database behind `url`. */
export function openDealsDatabase(options: {
  url: string;
  workerUrl?: string;
  maxConnections?: number | undefined;
  onEdge?: OnEdge | undefined;
  answerSeals?: AnswerSeals | undefined;
}): Database<Tx> {
  return openDatabase<Tx>({
    url: options.url,
    workerUrl: options.workerUrl,
    client: (adapter) => new PrismaClient({ adapter }),
    name: 'deals-svc',
    answerSeals: options.answerSeals,
    maxConnections: options.maxConnections,
    ...(options.onEdge === undefined ? {} : { onEdge: options.onEdge }),
  });
}
