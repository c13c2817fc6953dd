import { createFieldSeals, type FieldKeys } from '@uw-wizard/shared/platform/field-encryption';
import { type Operations, openErasureOperations } from '@uw-wizard/shared/platform/operations';
import { reseal } from '@uw-wizard/shared/platform/reseal';
import { sealedColumns } from './data/sealed-columns.ts';

/** What an operator may do with the messages and the sealed values of documents-svc, on its migrated database. */
export function openDocumentsOperations(config: {
  databaseUrl: string;
  databaseWorkerUrl: string;
  migrationUrl: string;
  fieldKeys: FieldKeys;
}): Operations {
  const seals = createFieldSeals(config.fieldKeys);
  return openErasureOperations('documents-svc', config, (say) =>
    reseal(config.migrationUrl, sealedColumns, { seals }, say),
  );
}
