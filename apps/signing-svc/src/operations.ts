import type { Following } from '@uw-wizard/shared/platform/consumer';
import { replayDeadLetter } from '@uw-wizard/shared/platform/dead-letters';
import { createOperations, type Operations } from '@uw-wizard/shared/platform/operations';
import { openSigningDatabase, type Tx } from './data/database.ts';
import { createTenantData } from './data/store.ts';
import { onDealEnded } from './events/on-deal-ended.ts';
import { endDeal } from './usecases/end-deal.ts';

/** All that signing-svc follows. */
export function followed(clock: () => Date): Following<Tx>[] {
  return [
    onDealEnded((tx, { tenantId, ...deal }) =>
      endDeal(createTenantData(tx, tenantId, clock), { ...deal, at: clock() }),
    ),
  ];
}

/** What an operator may do with the messages of signing-svc, on its migrated database. */
export function openSigningOperations({ databaseUrl }: { databaseUrl: string }): Operations {
  const database = openSigningDatabase({ url: databaseUrl });
  return createOperations({
    service: 'signing-svc',
    pool: database.pool,
    replay: (id) =>
      replayDeadLetter(
        database,
        id,
        followed(() => new Date()),
      ),
    close: database.close,
  });
}
