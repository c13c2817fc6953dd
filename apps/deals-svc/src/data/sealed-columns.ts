import { answersSealed } from '@uw-wizard/shared/platform/command';
import type { SealedColumn } from '@uw-wizard/shared/platform/reseal';

/** Every column of this database in which values are sealed. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'merchants', column: 'ein', kind: 'text', row: ['id'], index: 'ein_index' },
  { table: 'deals', column: 'owner_ssn_last4', kind: 'text', row: ['id'], index: 'owner_ssn_last4_index' },
  { table: 'deals', column: 'confirmations', kind: 'jsonb', row: ['id'] },
  { table: 'signature_reservations', column: 'terms', kind: 'jsonb', row: ['envelope_id'] },
  answersSealed,
];
