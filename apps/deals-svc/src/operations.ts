import type { Following } from '@uw-wizard/shared/platform/consumer';
import { replayDeadLetter } from '@uw-wizard/shared/platform/dead-letters';
import { createOperations, type Operations } from '@uw-wizard/shared/platform/operations';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { reseal } from '@uw-wizard/shared/platform/reseal';
import { v7 as uuidv7 } from 'uuid';
import { openDealsDatabase } from './data/database.ts';
import { createFields, type FieldsConfig } from './data/fields.ts';
import { sealedColumns } from './data/sealed-columns.ts';
import { createStore, type Unit } from './data/store.ts';
import { fromAuth } from './events/from-auth.ts';
import { fromDocuments } from './events/from-documents.ts';
import { fromSigning } from './events/from-signing.ts';
import { fromSms } from './events/from-sms.ts';
import { createKeeper } from './events/keep.ts';

/** All that deals-svc follows. */
export function followed(unitOf: (tx: PlainTx, tenantId: string) => Unit): Following<PlainTx>[] {
  const keeper = createKeeper(unitOf);
  return [fromDocuments(keeper), fromSigning(keeper), fromSms(keeper), fromAuth(keeper)];
}

/** What an operator may do with the messages and the sealed values of deals-svc, on its migrated database. */
export function openDealsOperations(
  config: FieldsConfig & { databaseUrl: string; databaseWorkerUrl: string; migrationUrl: string },
): Operations {
  const database = openDealsDatabase({ url: config.databaseUrl, workerUrl: config.databaseWorkerUrl });
  const fields = createFields(config);
  const { unitOf } = createStore(database, { clock: () => new Date(), newId: uuidv7, fields });
  return createOperations({
    service: 'deals-svc',
    pool: database.worker,
    replay: (id) => replayDeadLetter(database.plain, id, followed(unitOf)),
    reseal: (say) => reseal(config.migrationUrl, sealedColumns, fields, say),
    close: database.close,
  });
}
