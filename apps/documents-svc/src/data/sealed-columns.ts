import { answersSealed } from '@uw-wizard/shared/platform/command';
import type { SealedColumn } from '@uw-wizard/shared/platform/reseal';

/** Every column of this database in which values are sealed. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'statements', column: 'account_last4', kind: 'text', row: ['document_id'] },
  answersSealed,
];
