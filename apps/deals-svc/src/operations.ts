import type { Following } from '@uw-wizard/shared/platform/consumer';
import { replayDeadLetter } from '@uw-wizard/shared/platform/dead-letters';
import { createOperations, type Operations } from '@uw-wizard/shared/platform/operations';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { v7 as uuidv7 } from 'uuid';
import { openDealsDatabase } from './data/database.ts';
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

/** What an operator may do with the messages of deals-svc, on its migrated database. */
export function openDealsOperations(urls: { databaseUrl: string; databaseWorkerUrl: string }): Operations {
  const database = openDealsDatabase({ url: urls.databaseUrl, workerUrl: urls.databaseWorkerUrl });
  const { unitOf } = createStore(database, { clock: () => new Date(), newId: uuidv7 });
  return createOperations({
    service: 'deals-svc',
    pool: database.worker,
    replay: (id) => replayDeadLetter(database.plain, id, followed(unitOf)),
    close: database.close,
  });
}
