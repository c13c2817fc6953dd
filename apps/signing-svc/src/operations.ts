import type { Following } from '@uw-wizard/shared/platform/consumer';
import { replayDeadLetter } from '@uw-wizard/shared/platform/dead-letters';
import { followErasures } from '@uw-wizard/shared/platform/erasure';
import { createOperations, type Operations } from '@uw-wizard/shared/platform/operations';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { openSigningDatabase } from './data/database.ts';
import { createTenantData } from './data/store.ts';
import { onDealEnded } from './events/on-deal-ended.ts';
import { endDeal } from './usecases/end-deal.ts';

/** All that signing-svc follows. */
export function followed(clock: () => Date): Following<PlainTx>[] {
  return [
    onDealEnded((tx, { tenantId, ...deal }) =>
      endDeal(createTenantData(tx, tenantId, clock), { ...deal, at: clock() }),
    ),
  ];
}

/** What an operator may do with the messages of signing-svc, on its migrated database. */
export function openSigningOperations(urls: { databaseUrl: string; databaseWorkerUrl: string }): Operations {
  const { plain, close } = openSigningDatabase({ url: urls.databaseUrl, workerUrl: urls.databaseWorkerUrl });
  return createOperations({
    service: 'signing-svc',
    pool: plain.worker,
    replay: (id) => replayDeadLetter(plain, id, [...followed(() => new Date()), followErasures()]),
    close,
  });
}
