import type { Following } from '@uw-wizard/shared/platform/consumer';
import { replayDeadLetter } from '@uw-wizard/shared/platform/dead-letters';
import { followErasures } from '@uw-wizard/shared/platform/erasure';
import { createFieldSeals, type FieldKeys } from '@uw-wizard/shared/platform/field-encryption';
import { createOperations, type Operations } from '@uw-wizard/shared/platform/operations';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { reseal } from '@uw-wizard/shared/platform/reseal';
import { openSigningDatabase } from './data/database.ts';
import type { DataDeps } from './data/envelopes.ts';
import { sealedColumns } from './data/sealed-columns.ts';
import { createTenantData } from './data/store.ts';
import { onDealEnded } from './events/on-deal-ended.ts';
import { endDeal } from './usecases/end-deal.ts';

/** All that signing-svc follows. */
export function followed(deps: DataDeps): Following<PlainTx>[] {
  return [
    onDealEnded((tx, { tenantId, ...deal }) =>
      endDeal(createTenantData(tx, tenantId, deps), { ...deal, at: deps.clock() }),
    ),
  ];
}

/** What an operator may do with the messages and the sealed values of signing-svc, on its migrated database. */
export function openSigningOperations(config: {
  databaseUrl: string;
  databaseWorkerUrl: string;
  migrationUrl: string;
  fieldKeys: FieldKeys;
}): Operations {
  const { plain, close } = openSigningDatabase({ url: config.databaseUrl, workerUrl: config.databaseWorkerUrl });
  const seals = createFieldSeals(config.fieldKeys);
  return createOperations({
    service: 'signing-svc',
    pool: plain.worker,
    replay: (id) => replayDeadLetter(plain, id, [...followed({ clock: () => new Date(), seals }), followErasures()]),
    reseal: (say) => reseal(config.migrationUrl, sealedColumns, { seals }, say),
    close,
  });
}
